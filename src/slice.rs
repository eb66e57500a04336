//! Operations on slices: the lengths are checked here, and then the kernels are driven over them.

use alloc::vec::Vec;
use core::slice;

use crate::drive::Groups;
use crate::environment::in_default;
use crate::error::same_length;
use crate::kernel::{Dequantize, FakeQuantize, Quantize, QuantizedMut, Traffic};
use crate::limits::Limits;
use crate::{Backend, Element, Error, Integer, QuantParams, Result, Scheme};

/// In memory, where a kernel finds it without its having been written for every call.
static INT8: Scheme = Scheme::int8();

/// Quantizes `x` to symmetric int8 with the scale computed from the data: scale = max|x| / 127,
/// q = clamp(round_half_even(x / scale), -127, 127). Returns q and the scale.
///
/// # Errors
///
/// [`Error::NotFinite`] with the first NaN or infinity.
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
/// [`Error::LengthMismatch`] if the buffer's length is not that of `x`, [`Error::NotFinite`] with
/// the first NaN or infinity.
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
/// qmin, qmax). Infinities saturate, NaN becomes the zero point.
///
/// # Errors
///
/// [`Error::LengthMismatch`] if the buffer's length is not that of `x`, [`Error::IntegerMismatch`]
/// if its type does not hold all integers in use.
///
/// ```
/// use absmax::QuantParams;
///
/// let x = [0.5, 1.5, f32::INFINITY, f32::NAN];
/// let mut q = [0i8; 4];
/// absmax::quantize_with(&x, QuantParams::symmetric(1.0)?, &mut q)?;
/// assert_eq!(q, [0, 2, 127, 0]);
///
/// let mut u = [0u8; 4];
/// absmax::quantize_with(&x, QuantParams::new(1.0, 100, 0..=255)?, &mut u)?;
/// assert_eq!(u, [100, 102, 255, 100]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_with<T: Element, Q: Integer>(
    x: &[T],
    params: QuantParams,
    q: &mut [Q],
) -> Result<()> {
    Backend::best().quantize_with(x, params, q)
}

/// x' = (q - zero_point) * scale: one binary32 product, rounded once more if `T` is narrower.
///
/// # Errors
///
/// [`Error::LengthMismatch`] if the buffer's length is not that of `q`.
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

/// What [`quantize_with`] and [`dequantize_into`] make of `x`, in one pass: the values that the
/// integers would stand for. Infinities saturate, NaN becomes 0.
///
/// # Errors
///
/// [`Error::LengthMismatch`] if the buffer's length is not that of `x`.
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

/// The largest |x|: NaN if any value is NaN, else infinity if any is infinite; 0 if there is none.
///
/// ```
/// assert_eq!(absmax::abs_max(&[1.0, -3.0, 2.0]), 3.0);
/// ```
pub fn abs_max<T: Element>(x: &[T]) -> f32 {
    Backend::best().abs_max(x)
}

/// The least and the largest value: both NaN if any value is NaN, `None` if there is none. A zero is
/// +0 whatever its sign.
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
    /// As [`quantize_into`].
    pub fn quantize_into<T: Element>(self, x: &[T], q: &mut [i8]) -> Result<f32> {
        same_length("output", x.len(), q.len())?;
        let mut scale = 0.0;
        let scales = slice::from_mut(&mut scale);
        self.quantize_int8(x, x.len(), QuantizedMut { q, scales, zero_points: &mut [] })?;
        Ok(scale)
    }

    /// [`quantize_with`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`quantize_with`].
    pub fn quantize_with<T: Element, Q: Integer>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [Q],
    ) -> Result<()> {
        same_length("output", x.len(), q.len())?;
        params.fit::<Q>()?;
        let (unsigned, traffic) = (Q::UNSIGNED, Traffic::copy(size_of_val(x), q.len()));
        let q = bytemuck::must_cast_slice_mut(q);
        T::quantize(self, Quantize { x, params, known: false, traffic, unsigned, q });
        Ok(())
    }

    /// Quantizes each row of `row_len` values with a scale of its own, as [`quantize_into`] does
    /// one tensor: the shape of per-channel weights and of per-token activations. `scales` has one
    /// element for each row. A [`Quantizer`](crate::Quantizer) does so by any scheme.
    ///
    /// # Errors
    ///
    /// [`Error::SizeOverflow`] or [`Error::LengthMismatch`] if the lengths do not fit each other,
    /// [`Error::NotFinite`] with the first NaN or infinity of all rows.
    ///
    /// ```
    /// use absmax::Backend;
    ///
    /// let (mut q, mut scales) = ([0; 4], [0.0; 2]);
    /// Backend::best().quantize_rows_into(&[1.0, 2.0, -254.0, 127.0], 2, &mut q, &mut scales)?;
    /// assert_eq!(q, [64, 127, -127, 64]);
    /// assert_eq!(scales, [2.0 / 127.0, 2.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_rows_into<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        let expected = scales.len().checked_mul(row_len).ok_or(Error::SizeOverflow)?;
        same_length("input", expected, x.len())?;
        same_length("output", expected, q.len())?;
        self.quantize_int8(x, row_len, QuantizedMut { q, scales, zero_points: &mut [] })
    }

    /// Quantizes rows to symmetric int8. The lengths agree.
    #[inline(always)]
    fn quantize_int8<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        to: QuantizedMut<'_>,
    ) -> Result<()> {
        let groups = Groups { x, row_len, group: row_len, scheme: &INT8, to };
        T::quantize_groups(self, groups)
    }

    /// [`dequantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`dequantize_into`].
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
    /// As [`fake_quantize_into`].
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
}
