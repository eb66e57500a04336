//! Channels that are columns: a matrix whose every column has its own scale, row by row, so that
//! memory is read in the order in which it lies.
//!
//! There are at least [`BLOCK`](crate::simd::BLOCK) columns: a narrower matrix is given as a wider
//! one, several rows side by side, with the scales repeated. A last row that is shorter than the
//! others stands under the first columns.
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

pub(crate) use dequantize::DequantizeColumns;
pub(crate) use limits::ColumnLimits;
pub(crate) use quantize::{Columns, QuantizeColumns};
