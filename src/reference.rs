//! The scalar reference: the numerical contract, one element at a time.
//!
//! The reference is written to be read, not to be fast. Whatever a kernel returns must be what
//! these functions return, to the bit.
//!
//! The reference also stands alone. Of the rest of this crate, it knows types, the numbers that
//! parameters hold and the choices that a scheme is made of, but nothing that computes. So no fault
//! in what kernels call can hide here.
//!
//! Like every public function, these functions compute in the default floating-point environment.

mod arithmetic;
mod blocks;
mod definition;
mod group;
mod rounding;

use core::ops::RangeInclusive;

use crate::environment::in_default;
use crate::{Arithmetic, Element, Integer, QuantParams, Result, ScaleType, Scheme};

/// The largest |x|: the unsigned maximum of the bit patterns without their sign (31 bits of an f32,
/// 15 of an f16 or bf16). NaN is above infinity and infinity above every number. The result is 0
/// for an empty slice.
///
/// ```
/// assert_eq!(absmax::reference::abs_max(&[1.0, -3.0]), 3.0);
/// assert!(absmax::reference::abs_max(&[1.0, f32::NAN]).is_nan());
/// ```
pub fn abs_max<T: Element>(x: &[T]) -> f32 {
    in_default(x, definition::abs_max)
}

/// The least and the largest value. Both are NaN if a value is NaN, and the result is `None` if
/// there are no values. A zero is +0.
///
/// ```
/// use absmax::reference::min_max;
///
/// assert_eq!(min_max(&[1.0, -3.0, 2.0]), Some((-3.0, 2.0)));
/// assert_eq!(min_max::<f32>(&[]), None);
/// ```
pub fn min_max<T: Element>(x: &[T]) -> Option<(f32, f32)> {
    in_default(x, definition::min_max)
}

/// The integers that a scheme uses, from the least to the largest.
///
/// ```
/// use absmax::{Range, Scheme, reference::integers};
///
/// assert_eq!(integers(Scheme::int8()), -127..=127);
/// assert_eq!(integers(Scheme::int8().with_range(Range::Full)), -128..=127);
/// assert_eq!(integers(Scheme::uint4()), 0..=15);
/// ```
pub fn integers(scheme: Scheme) -> RangeInclusive<i32> {
    definition::integers(scheme)
}

/// The scale, as it will be stored, and the zero point for finite values between `min` and `max`.
/// The scale is infinite if it overflows its type.
///
/// ```
/// use absmax::{Scheme, reference};
///
/// assert_eq!(reference::choose(-254.0, 0.0, Scheme::int8()), (2.0, 0));
/// assert_eq!(reference::choose(0.0, 0.0, Scheme::int8()), (1.0, 0));
/// assert_eq!(reference::choose(-1.0, 254.0, Scheme::uint8()), (1.0, 1));
/// ```
pub fn choose(min: f32, max: f32, scheme: Scheme) -> (f32, i32) {
    in_default((min, max), |(min, max)| definition::choose(min, max, scheme))
}

/// A positive scale, rounded to the type that it will be stored in. It is rounded to the nearest
/// number, and to the even one of two that are equally near. Below the least normal f16, it is
/// rounded up to the next subnormal instead. The result is infinity if the scale overflows.
///
/// ```
/// use absmax::{ScaleType, reference::store};
///
/// assert_eq!(store(0.1, ScaleType::Bf16), 0.100097656);
/// assert_eq!(store(1e-9, ScaleType::F16), 2f32.powi(-24));
/// assert_eq!(store(1e6, ScaleType::F16), f32::INFINITY);
/// ```
pub fn store(scale: f32, scale_type: ScaleType) -> f32 {
    in_default((scale, scale_type), |(scale, scale_type)| definition::store(scale, scale_type))
}

/// The integer nearest to `x`, and the even one of two that are equally near, as a number. NaN,
/// infinities and numbers from 2^23 on, which are integers, stay as they are.
///
/// ```
/// assert_eq!([0.5, 1.5, -2.5].map(absmax::reference::round_half_even), [0.0, 2.0, -2.0]);
/// ```
pub fn round_half_even(x: f32) -> f32 {
    in_default(x, definition::round_half_even)
}

/// Quantizes one value: clamp(round_half_even(x / s) + z, qmin, qmax). NaN becomes z.
///
/// ```
/// let params = absmax::QuantParams::new(1.0, 3, 0..=255)?;
/// assert_eq!(absmax::reference::quantize_one(2.5, params), 5);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_one<T: Element>(x: T, params: QuantParams) -> i32 {
    in_default((x, params), |(x, params)| definition::quantize_one(x, params))
}

/// Dequantizes one integer: (q - z) * s.
///
/// ```
/// let params = absmax::QuantParams::new(0.5, 3, 0..=255)?;
/// assert_eq!(absmax::reference::dequantize_one(0u8, params), -1.5);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn dequantize_one<Q: Integer>(q: Q, params: QuantParams) -> f32 {
    in_default((q, params), |(q, params)| definition::dequantize_one(q, params))
}

/// The sum of integers times their scale, rounded once: to nearest, and to even of two that are
/// equally near.
///
/// ```
/// assert_eq!(absmax::reference::scaled_sum(-300, 0.5), -150.0);
/// // 2^24 + 1 times 3 is halfway between two numbers that binary32 has, and the sum is not one of them.
/// assert_eq!(absmax::reference::scaled_sum((1 << 24) + 1, 3.0), 50_331_652.0);
/// ```
pub fn scaled_sum(sum: i32, scale: f32) -> f32 {
    in_default((sum, scale), |(sum, scale)| definition::scaled_sum(sum, scale))
}

/// The value as binary32, which is exact. A NaN keeps its sign and its payload, in the highest
/// bits. The NaN of a narrow type becomes quiet.
///
/// ```
/// use half::f16;
///
/// assert_eq!(absmax::reference::widen(f16::from_bits(0x3555)), 0.33325195);
/// ```
pub fn widen<T: Element>(x: T) -> f32 {
    in_default(x, definition::widen)
}

/// The value of type `T` that is nearest to a binary32, and the even one of two that are equally
/// near. It is infinity if it overflows. A NaN keeps its sign and the highest bits of its payload,
/// and it becomes quiet if `T` is narrow.
///
/// ```
/// use half::f16;
///
/// assert_eq!(absmax::reference::narrow::<f16>(1.0 / 3.0).to_bits(), 0x3555);
/// ```
pub fn narrow<T: Element>(x: f32) -> T {
    in_default(x, definition::narrow)
}

/// Quantizes values that share a scale, by an arithmetic, and returns the scale and the zero point.
/// The scheme's granularity does not matter. By [`Arithmetic::exact`], the result is that of
/// [`choose`] and [`quantize_one`].
///
/// # Errors
///
/// [`Error::ArithmeticMismatch`](crate::Error::ArithmeticMismatch) if the arithmetic does not have
/// the scheme, [`Error::IntegerMismatch`](crate::Error::IntegerMismatch) unless `Q` is [`u8`] if
/// the scheme is unsigned, else [`i8`], [`Error::LengthMismatch`](crate::Error::LengthMismatch)
/// unless `q` has the length of `x`, [`Error::NotFinite`](crate::Error::NotFinite) if a value is
/// NaN or infinite, [`Error::ScaleOverflow`](crate::Error::ScaleOverflow) and
/// [`Error::ScaleUnderflow`](crate::Error::ScaleUnderflow) if the scale is of no use.
///
/// ```
/// use absmax::{Arithmetic, Scheme, reference::quantize_group};
///
/// // A scale of 2, and a tie.
/// let (x, mut q) = ([-254.0, 1.0, 3.0], [0i8; 3]);
/// assert_eq!(quantize_group(&x, Scheme::int8(), Arithmetic::exact(), &mut q)?, (2.0, 0));
/// assert_eq!(q, [-127, 0, 2]);
/// quantize_group(&x, Scheme::int8(), Arithmetic::ggml(), &mut q)?;
/// assert_eq!(q, [-127, 1, 2]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_group<T: Element, Q: Integer>(
    x: &[T],
    scheme: Scheme,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<(f32, i32)> {
    in_default((x, scheme, arithmetic, q), |(x, scheme, arithmetic, q)| {
        arithmetic::quantize_group(x, scheme, arithmetic, q)
    })
}

/// Quantizes values by an arithmetic and a scale and zero point that are given. The schemes of
/// the arithmetic do not matter. NaN becomes the zero point, infinities saturate.
///
/// # Errors
///
/// [`Error::IntegerMismatch`](crate::Error::IntegerMismatch) if `Q` does not hold the integers,
/// [`Error::LengthMismatch`](crate::Error::LengthMismatch) unless `q` has the length of `x`,
/// [`Error::ScaleUnderflow`](crate::Error::ScaleUnderflow) if the multiplier is infinite.
///
/// ```
/// use absmax::{Arithmetic, QuantParams, reference::quantize_group_with};
///
/// // The quotient is 4.5, a tie. The product with the reciprocal is above it.
/// let (params, x, mut q) = (QuantParams::symmetric(1.4)?, [6.3], [0i8]);
/// quantize_group_with(&x, params, Arithmetic::exact(), &mut q)?;
/// assert_eq!(q, [4]);
/// quantize_group_with(&x, params, Arithmetic::torch(), &mut q)?;
/// assert_eq!(q, [5]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_group_with<T: Element, Q: Integer>(
    x: &[T],
    params: QuantParams,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<()> {
    in_default((x, params, arithmetic, q), |(x, params, arithmetic, q)| {
        arithmetic::quantize_group_with(x, params, arithmetic, q)
    })
}

/// A block q8_0 of ggml: the scale in f16, and 32 integers. Bytes of numbers are in the order of
/// little-endian machines, here and in the other blocks.
///
/// # Errors
///
/// Those of [`quantize_group`] with [`Scheme::int8`] and scales in f16, and
/// [`Error::NoBlocks`](crate::Error::NoBlocks).
///
/// ```
/// use absmax::{Arithmetic, reference::q8_0};
///
/// let mut x = [0.0; 32];
/// x[..2].copy_from_slice(&[127.0, -2.5]);
/// let block = q8_0(&x, Arithmetic::ggml())?;
/// assert_eq!(block[..4], [0x00, 0x3c, 127, 253]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn q8_0<T: Element>(x: &[T; 32], arithmetic: Arithmetic) -> Result<[u8; 34]> {
    in_default((x, arithmetic), |(x, arithmetic)| blocks::q8_0(x, arithmetic))
}

/// A block q8_1 of ggml: the scale in f16, a product of the scale and the sum of the integers in
/// f16 ([`Blocks`](crate::arithmetic::Blocks)), and 32 integers.
///
/// # Errors
///
/// Those of [`q8_0`], and [`Error::BlockSumOverflow`](crate::Error::BlockSumOverflow) if the
/// product is infinite in f16.
///
/// ```
/// use absmax::{Arithmetic, reference::q8_1};
///
/// let mut x = [0.0; 32];
/// x[..2].copy_from_slice(&[127.0, -63.0]);
/// let block = q8_1(&x, Arithmetic::ggml())?;
/// assert_eq!(block[..6], [0x00, 0x3c, 0x00, 0x54, 127, 193]); // 1 and 64
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn q8_1<T: Element>(x: &[T; 32], arithmetic: Arithmetic) -> Result<[u8; 36]> {
    in_default((x, arithmetic), |(x, arithmetic)| blocks::q8_1(x, arithmetic))
}

/// A block q8_K of ggml: the scale in f32, 256 integers, and their sums by sixteen, in i16
/// ([`Blocks`](crate::arithmetic::Blocks)). A block of zeros is all zero if the scale of zeros is
/// 0; ggml does not write its sums.
///
/// # Errors
///
/// Those of [`q8_0`].
///
/// ```
/// use absmax::{Arithmetic, reference::q8_k};
///
/// let mut x = [0.0; 256];
/// x[..2].copy_from_slice(&[127.0, 3.0]);
/// let block = q8_k(&x, Arithmetic::ggml())?;
/// assert_eq!(block[..6], [0x00, 0x00, 0x80, 0xbf, 129, 253]); // -1, -127, -3
/// assert_eq!(block[260..262], (-130i16).to_le_bytes());
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn q8_k<T: Element>(x: &[T; 256], arithmetic: Arithmetic) -> Result<[u8; 292]> {
    in_default((x, arithmetic), |(x, arithmetic)| blocks::q8_k(x, arithmetic))
}
