//! Operations on slices. This file checks the lengths, and then drives the kernels.

use alloc::vec::Vec;

use crate::environment::in_default;
use crate::error::same_length;
use crate::kernel::{Dequantize, FakeQuantize, Quantize, Traffic};
use crate::limits::Limits;
use crate::{Backend, Element, Integer, QuantParams, Result};

/// Quantizes `x` to symmetric int8 with the scale computed from the data: scale = max|x| / 127,
/// q = clamp(round_half_even(x / scale), -127, 127). Returns q and the scale.
///
/// The scale is 1 if all values are 0, or if there is none. It is never less than
/// [`f32::MIN_POSITIVE`], so values below 127 times that get fewer steps.
///
/// # Errors
///
/// [`Error::NotFinite`](crate::Error::NotFinite) with the first NaN or infinity.
///
/// ```
/// let (q, scale) = absmax::quantize(&[1.0, -1.0, 0.5, -0.5])?;
/// assert_eq!(q, [127, -127, 64, -64]);
/// assert_eq!(scale, 1.0 / 127.0);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize<T: Element>(x: &[T]) -> Result<(Vec<i8>, f32)> {
    let mut q = alloc::vec![0; x.len()];
    let scale = quantize_into(x, &mut q)?;
    Ok((q, scale))
}

/// [`quantize`] into the caller's buffer. Returns the scale.
///
/// # Errors
///
/// [`Error::LengthMismatch`](crate::Error::LengthMismatch) if the buffer's length is not that of
/// `x`. Then nothing has been written. [`Error::NotFinite`](crate::Error::NotFinite) with the first
/// NaN or infinity. Then the buffer holds integers that mean nothing.
///
/// ```
/// let mut q = [0; 3];
/// let scale = absmax::quantize_into(&[0.0, 0.0, 0.0], &mut q)?;
/// assert_eq!((q, scale), ([0, 0, 0], 1.0));
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_into<T: Element>(x: &[T], q: &mut [i8]) -> Result<f32> {
    Backend::best().quantize_into(x, q)
}

/// Quantizes `x` with the caller's parameters: q = clamp(round_half_even(x / scale) + zero_point,
/// qmin, qmax). Infinities saturate, and NaN becomes the zero point.
///
/// # Errors
///
/// [`Error::LengthMismatch`](crate::Error::LengthMismatch) if the buffer's length is not that of
/// `x`, [`Error::IntegerMismatch`](crate::Error::IntegerMismatch) if its type does not hold all
/// integers in use. Nothing has been written after either.
///
/// ```
/// use absmax::QuantParams;
///
/// let x = [0.5, 1.5, f32::INFINITY, f32::NAN];
/// let mut q = [0i8; 4];
/// absmax::quantize_with_into(&x, QuantParams::symmetric(1.0)?, &mut q)?;
/// assert_eq!(q, [0, 2, 127, 0]);
///
/// let mut u = [0u8; 4];
/// absmax::quantize_with_into(&x, QuantParams::new(1.0, 100, 0..=255)?, &mut u)?;
/// assert_eq!(u, [100, 102, 255, 100]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_with_into<T: Element, Q: Integer>(
    x: &[T],
    params: QuantParams,
    q: &mut [Q],
) -> Result<()> {
    Backend::best().quantize_with_into(x, params, q)
}

/// Dequantizes `q`: x' = (q - zero_point) * scale. The product is binary32, and is rounded once
/// more if `T` is narrower.
///
/// # Errors
///
/// [`Error::LengthMismatch`](crate::Error::LengthMismatch) if the buffer's length is not that of
/// `q`. Then nothing has been written.
///
/// ```
/// use absmax::QuantParams;
///
/// let mut x = [0.0; 3];
/// absmax::dequantize_into(&[-127i8, 0, 2], QuantParams::symmetric(0.5)?, &mut x)?;
/// assert_eq!(x, [-63.5, 0.0, 1.0]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn dequantize_into<Q: Integer, T: Element>(
    q: &[Q],
    params: QuantParams,
    x: &mut [T],
) -> Result<()> {
    Backend::best().dequantize_into(q, params, x)
}

/// Does in one pass what [`quantize_with_into`] and [`dequantize_into`] do: `y` gets the values
/// that the integers would stand for. Infinities saturate, and NaN becomes 0.
///
/// # Errors
///
/// [`Error::LengthMismatch`](crate::Error::LengthMismatch) if the buffer's length is not that of
/// `x`. Then nothing has been written.
///
/// ```
/// use absmax::QuantParams;
///
/// let mut y = [0.0; 3];
/// absmax::fake_quantize_into(&[0.3, 0.8, 99.0], QuantParams::new(0.5, 0, -8..=7)?, &mut y)?;
/// assert_eq!(y, [0.5, 1.0, 3.5]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn fake_quantize_into<T: Element>(x: &[T], params: QuantParams, y: &mut [T]) -> Result<()> {
    Backend::best().fake_quantize_into(x, params, y)
}

/// [`fake_quantize_into`] in place: every value becomes the one that its integer would stand for.
///
/// ```
/// use absmax::QuantParams;
///
/// let mut x = [0.3, 0.8, 99.0];
/// absmax::fake_quantize_in_place(&mut x, QuantParams::new(0.5, 0, -8..=7)?);
/// assert_eq!(x, [0.5, 1.0, 3.5]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn fake_quantize_in_place<T: Element>(x: &mut [T], params: QuantParams) {
    Backend::best().fake_quantize_in_place(x, params);
}

/// The largest |x|. It is NaN if any value is NaN, else infinity if any is infinite. It is 0 if
/// there are no values.
///
/// ```
/// assert_eq!(absmax::abs_max(&[1.0, -3.0, 2.0]), 3.0);
/// ```
pub fn abs_max<T: Element>(x: &[T]) -> f32 {
    Backend::best().abs_max(x)
}

/// The least and the largest value. Both are NaN if any value is NaN, and the result is `None` if
/// there are no values. Infinities are values like others. A zero is +0 whatever its sign.
///
/// ```
/// assert_eq!(absmax::min_max(&[1.0, -3.0, 2.0]), Some((-3.0, 2.0)));
/// ```
pub fn min_max<T: Element>(x: &[T]) -> Option<(f32, f32)> {
    Backend::best().min_max(x)
}

impl Backend {
    /// [`abs_max`] on this backend.
    pub fn abs_max<T: Element>(self, x: &[T]) -> f32 {
        T::abs_max(self, x)
    }

    /// [`min_max`] on this backend.
    pub fn min_max<T: Element>(self, x: &[T]) -> Option<(f32, f32)> {
        if x.is_empty() {
            return None;
        }
        in_default(T::limits(self, x, false), |Limits { min, max }| {
            if min.is_nan() || max.is_nan() { Some((f32::NAN, f32::NAN)) } else { Some((min, max)) }
        })
    }

    /// [`quantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`quantize_into`] does.
    pub fn quantize_into<T: Element>(self, x: &[T], q: &mut [i8]) -> Result<f32> {
        same_length("output", x.len(), q.len())?;
        T::quantize_int8(self, x, q)
    }

    /// [`quantize_with_into`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`quantize_with_into`] does.
    pub fn quantize_with_into<T: Element, Q: Integer>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [Q],
    ) -> Result<()> {
        same_length("output", x.len(), q.len())?;
        params.fit::<Q>()?;
        let (unsigned, traffic) = (Q::UNSIGNED, Traffic::copy(size_of_val(x), q.len()));
        let q = bytemuck::must_cast_slice_mut(q);
        let (known, sum) = (false, false);
        T::quantize(self, Quantize { x, params, known, traffic, unsigned, sum, q });
        Ok(())
    }

    /// [`dequantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`dequantize_into`] does.
    pub fn dequantize_into<Q: Integer, T: Element>(
        self,
        q: &[Q],
        params: QuantParams,
        x: &mut [T],
    ) -> Result<()> {
        same_length("output", q.len(), x.len())?;
        let (unsigned, traffic) = (Q::UNSIGNED, Traffic::copy(q.len(), size_of_val(x)));
        let (scale, zero_point) = (params.scale(), params.zero_point());
        let q = bytemuck::must_cast_slice(q);
        T::dequantize(self, Dequantize { q, unsigned, scale, zero_point, traffic, x });
        Ok(())
    }

    /// [`fake_quantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`fake_quantize_into`] does.
    pub fn fake_quantize_into<T: Element>(
        self,
        x: &[T],
        params: QuantParams,
        y: &mut [T],
    ) -> Result<()> {
        same_length("output", x.len(), y.len())?;
        let traffic = Traffic::copy(size_of_val(x), size_of_val(y));
        T::fake_quantize(self, FakeQuantize { x, params, traffic, y });
        Ok(())
    }

    /// [`fake_quantize_in_place`] on this backend.
    pub fn fake_quantize_in_place<T: Element>(self, x: &mut [T], params: QuantParams) {
        T::fake_quantize_in_place(self, x, params);
    }
}
