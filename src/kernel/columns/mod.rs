//! Channels that are the columns of a matrix. Every column has its own scale, and the matrix is
//! read row by row, so that memory is read in the order in which it lies.
//!
//! There are at least [`BLOCK`](crate::simd::BLOCK) columns. A narrower matrix is given as a wider
//! one, with several rows side by side and the scales repeated. If the last row is then shorter
//! than the others, it stands under the first columns.
//!
//! ```text
//! for each four rows:                        what is known of a column is loaded once for all four
//!     for each 64 columns:                   the last 64 overlap those before
//!         limits:    max[column] = max(max[column], |x| of the four)
//!         quantize:  q = finish(round(x / scale[column]) + zero_point[column])
//! for each row that is left:                 the same, one row at a time
//! ```

mod dequantize;
mod limits;
mod places;
mod quantize;
mod sums;

pub(crate) use dequantize::DequantizeColumns;
pub(crate) use limits::ColumnLimits;
pub(crate) use quantize::{Columns, QuantizeColumns};
pub(crate) use sums::ColumnSums;
