//! Exact division by a known scale, for the price of a multiplication.
//!
//! Quantizing divides every value by the same scale s. Most libraries multiply by RN(1/s) instead,
//! where RN(y) is the binary32 number nearest to y. That is a different function: for 97.9% of all
//! scales, there are inputs that it rounds to another integer. Two operations are enough to be
//! exact, and one of them is fused:
//!
//! ```text
//! hi = RN(1 / s)    lo = RN(RN(1 - s * hi) / s)      once for each scale
//! t  = fma(x, hi, RN(x * lo))                        for each value
//! ```
//!
//! Here lo is what was lost when 1/s was rounded to hi, so hi + lo equals 1/s to about 48 bits. The
//! method is that of Brisebarre, Muller and Raina, "Accelerating correctly rounded floating-point
//! division when the divisor is known in advance", IEEE Transactions on Computers 53(8), 2004.
//!
//! Quantization does not need the correctly rounded quotient. It only needs t and x/s to round to
//! the same integer, for |x/s| <= 256, and [`check`] proves this by enumeration. Both t and x/s are
//! monotone and odd in x, so they can differ only where the rounded integer steps, at x = (k + 1/2)
//! s. Multiplying s and x by powers of two does not change the digits of either, as long as nothing
//! underflows, so one binade of scales stands for all. That leaves 2^23 scales, 256 steps of each,
//! and a few floats around each step. [`check`] tries all of them.
//!
//! The condition that nothing underflows sets the bounds of [`PROVEN`], because lo can be as small
//! as 2^-47 hi. Scales outside these bounds are rare, and kernels divide by them.

use core::ops::Range;

use crate::Backend;
use crate::environment::Environment;
use crate::kernel::CheckDivision;
pub use crate::kernel::{SIGNIFICANDS, Tally};
pub use crate::reciprocal::{PROVEN, Reciprocal};

/// Divides in both ways around every step of the scales 1 + i * 2^-23, for every i in
/// `significands`. The divisions use the very instructions that the backend's kernels use.
///
/// For each scale s and each k in 0..256, the function tries the nine floats around (k + 1/2) s.
/// `reciprocal` is [`Reciprocal::new`], or another formula that serves as a control. Indices from
/// [`SIGNIFICANDS`] on are left out. On one core, all scales together take some seconds.
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
