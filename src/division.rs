//! Exact division by a known scale, for the price of a multiplication.
//!
//! Quantizing divides every value by the same scale s. Multiplying by RN(1/s) instead is what
//! most libraries do, and it is another function: for 97.9% of all scales there are inputs that it
//! rounds to another integer. Two operations, one of them fused, are enough to be exact:
//!
//! ```text
//! hi = RN(1 / s)    lo = RN(RN(1 - s * hi) / s)      once for each scale
//! t  = fma(x, hi, RN(x * lo))                        for each value
//! ```
//!
//! Here lo is what rounding 1/s to hi lost, so hi + lo is 1/s to about 48 bits. The method is that
//! of Brisebarre, Muller and Raina, "Accelerating correctly rounded floating-point division when
//! the divisor is known in advance", IEEE Transactions on Computers 53(8), 2004.
//!
//! What quantization needs is less than correct rounding of x/s: only that t and x/s round to the
//! same integer, for |x/s| <= 256. [`check`] proves that by enumeration. Both sides are monotone and
//! odd in x, so they can differ only where the rounded integer steps, at x = (k + 1/2) s. Both keep
//! their digits when s and x are multiplied by powers of two, as long as nothing underflows, so one
//! binade of scales stands for all. That leaves 2^23 scales, 256 steps each, and the few floats
//! around each step: all of them are tried.
//!
//! "Nothing underflows" is what bounds [`PROVEN`]: lo can be as small as 2^-47 hi. Scales outside
//! it are rare and are divided by.

use core::ops::Range;

use crate::Backend;
use crate::environment::Environment;
use crate::kernel::CheckDivision;
pub use crate::kernel::{SIGNIFICANDS, Tally};
pub use crate::reciprocal::{PROVEN, Reciprocal};

/// Divides in both ways around every step of the scales 1 + i * 2^-23 for i in `significands`, by
/// the very instructions that the backend's kernels use.
///
/// For each scale s and k = 0..256 the window is the nine floats around (k + 1/2) s.
/// `reciprocal` is [`Reciprocal::new`], or another formula for the control. Indices from
/// [`SIGNIFICANDS`] on are left out. On one core all of them take some seconds.
///
/// ```
/// use absmax::{Backend, division};
///
/// let tally = division::check(Backend::best(), 0..16, division::Reciprocal::new);
/// assert_eq!((tally.cases, tally.mismatches, tally.stepless), (16 * 256 * 9, 0, 0));
/// ```
pub fn check(
    backend: Backend,
    significands: Range<u32>,
    reciprocal: fn(f32) -> Option<Reciprocal>,
) -> Tally {
    let _environment = Environment::enter();
    backend.run(CheckDivision { significands, reciprocal })
}
