//! The reciprocal of a scale as the sum of two numbers, with which dividing is exact.
//! [`crate::division`] has the method and its proof.

use core::ops::RangeInclusive;

use crate::environment::in_default;

/// The scales for which the product is proven to stand for the division: [2^-126, 2^79].
pub const PROVEN: RangeInclusive<f32> =
    f32::MIN_POSITIVE..=f32::from_bits((127 + 79) << (f32::MANTISSA_DIGITS - 1));

/// The reciprocals of the ends of [`PROVEN`], 2^-79 and 2^126.
pub(crate) const MULTIPLIERS: RangeInclusive<f32> = 1.0 / *PROVEN.end()..=1.0 / *PROVEN.start();

/// 1/s as the unevaluated sum of two binary32 numbers.
///
/// ```
/// use absmax::division::Reciprocal;
///
/// let r = Reciprocal::new(3.0).unwrap();
/// assert_eq!(r.hi, 1.0 / 3.0);
/// assert!((f64::from(r.hi) + f64::from(r.lo) - 1.0 / 3.0).abs() < 1e-15);
/// assert!(Reciprocal::new(1e30).is_none()); // outside the proven range
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reciprocal {
    /// RN(1 / s).
    pub hi: f32,
    /// RN(RN(1 - s * hi) / s).
    pub lo: f32,
}

impl Reciprocal {
    /// The reciprocal of a scale in the [proven](PROVEN) range; `None` for any other.
    pub fn new(scale: f32) -> Option<Self> {
        in_default(scale, Self::of)
    }

    /// [`Reciprocal::new`] in the default environment.
    #[inline(always)]
    pub(crate) fn of(scale: f32) -> Option<Self> {
        if !PROVEN.contains(&scale) {
            return None;
        }
        let hi = 1.0 / scale;
        Some(Self { hi, lo: remainder(scale, hi) / scale })
    }
}

/// RN(1 - s * hi). The product is exact, because binary64 has room for its 48 bits. So is the
/// difference, because the two numbers are that near to each other.
#[inline]
fn remainder(scale: f32, hi: f32) -> f32 {
    (1.0 - f64::from(scale) * f64::from(hi)) as f32
}
