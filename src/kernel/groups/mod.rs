//! Quantizes rows that are as short as a few vectors, sixteen of them at a time, so that their
//! parameters are computed in vectors too.
//!
//! A group of 32 values takes some ten instructions to quantize, and as many again to find its
//! range. Its scale and the reciprocal of the scale take three divisions, which would cost more
//! than both if they were done group by group. Even in vectors, the divisions take longer than all
//! the rest, because each waits for the one before it. So the parameters of the next sixteen groups
//! are computed while the current sixteen are quantized.

mod divisors;
mod in_sixteens;
mod q8_0;
mod rows;
mod sixteen;

pub(crate) use q8_0::QuantizeQ8_0;
pub(crate) use rows::QuantizeGroups;
