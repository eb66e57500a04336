//! Operations on slices: checks, then kernels over chunks.

use alloc::vec::Vec;
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::kernel::{AbsMax, Dequantize, Quantize, QuantizeRows, Traffic};
use crate::parallel::{self, CHUNK};
use crate::{Backend, Element, Error, QuantParams, Result, Scheme};

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

/// Quantizes `x` with the caller's scale: q = clamp(round_half_even(x / scale), qmin, qmax).
/// Infinities saturate, NaN becomes 0.
///
/// # Errors
///
/// [`Error::LengthMismatch`] if the buffer's length is not that of `x`.
///
/// ```
/// use absmax::QuantParams;
///
/// let mut q = [0; 4];
/// absmax::quantize_with(&[0.5, 1.5, f32::INFINITY, f32::NAN], QuantParams::symmetric(1.0)?, &mut q)?;
/// assert_eq!(q, [0, 2, 127, 0]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_with<T: Element>(x: &[T], params: QuantParams, q: &mut [i8]) -> Result<()> {
    Backend::best().quantize_with(x, params, q)
}

/// x' = q * scale.
///
/// # Errors
///
/// [`Error::LengthMismatch`] if the buffer's length is not that of `q`.
///
/// ```
/// use absmax::QuantParams;
///
/// let mut x = [0.0; 3];
/// absmax::dequantize_into(&[-127, 0, 2], QuantParams::symmetric(0.5)?, &mut x)?;
/// assert_eq!(x, [-63.5, 0.0, 1.0]);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn dequantize_into(q: &[i8], params: QuantParams, x: &mut [f32]) -> Result<()> {
    Backend::best().dequantize_into(q, params, x)
}

/// The largest |x|: NaN if any value is NaN, else infinity if any is infinite; 0 if there is none.
///
/// ```
/// assert_eq!(absmax::abs_max(&[1.0, -3.0, 2.0]), 3.0);
/// ```
pub fn abs_max<T: Element>(x: &[T]) -> f32 {
    Backend::best().abs_max(x)
}

impl Backend {
    /// [`abs_max`] on this backend.
    pub fn abs_max<T: Element>(self, x: &[T]) -> f32 {
        let traffic = Traffic::read(size_of_val(x));
        let peak = AtomicU32::new(0);
        parallel::for_each(x.chunks(CHUNK), x.len(), self.thread_limit(), |x| {
            peak.fetch_max(T::abs_max(self, AbsMax { x, traffic }), Relaxed);
        });
        T::from_magnitude_bits(peak.into_inner())
    }

    /// [`quantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`quantize_into`].
    pub fn quantize_into<T: Element>(self, x: &[T], q: &mut [i8]) -> Result<f32> {
        same_length("output", x.len(), q.len())?;
        let mut scale = 0.0;
        self.quantize_rows(x, x.len(), Scheme::int8(), q, slice::from_mut(&mut scale))?;
        Ok(scale)
    }

    /// [`quantize_with`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`quantize_with`].
    pub fn quantize_with<T: Element>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [i8],
    ) -> Result<()> {
        same_length("output", x.len(), q.len())?;
        self.quantize_chunks(x, params, false, q);
        Ok(())
    }

    /// From the last chunk to the first: where the data have just been read for their range, their
    /// end is still in the cache.
    fn quantize_chunks<T: Element>(self, x: &[T], params: QuantParams, known: bool, q: &mut [i8]) {
        let traffic = Traffic::copy(size_of_val(x), q.len());
        if x.len() <= CHUNK {
            return T::quantize(self, Quantize { x, params, known, traffic, q });
        }
        let chunks = x.chunks(CHUNK).zip(q.chunks_mut(CHUNK)).rev();
        parallel::for_each(chunks, x.len(), self.thread_limit(), |(x, q)| {
            T::quantize(self, Quantize { x, params, known, traffic, q });
        });
    }

    /// Quantizes each row of `row_len` values with a scale of its own, as [`quantize_into`] does
    /// one tensor: the shape of per-channel weights and of per-token activations. `scales` has one
    /// element for each row.
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
        self.quantize_rows(x, row_len, Scheme::int8(), q, scales)
    }

    /// Quantizes rows as the scheme says. The lengths agree.
    pub(crate) fn quantize_rows<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        scheme: Scheme,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        if row_len == 0 {
            scales.fill(scheme.scale(0.0));
        } else if row_len > CHUNK {
            for (channel, scale) in scales.iter_mut().enumerate() {
                let row = channel * row_len..(channel + 1) * row_len;
                *scale = self.quantize_long_row(&x[row.clone()], scheme, &mut q[row]);
            }
        } else if x.len() <= CHUNK {
            T::quantize_rows(self, QuantizeRows { x, row_len, scheme, q, scales });
        } else {
            let rows = CHUNK / row_len;
            let chunk = rows * row_len;
            let chunks = x.chunks(chunk).zip(q.chunks_mut(chunk)).zip(scales.chunks_mut(rows));
            parallel::for_each(chunks, x.len(), self.thread_limit(), |((x, q), scales)| {
                T::quantize_rows(self, QuantizeRows { x, row_len, scheme, q, scales });
            });
        }
        match scales.iter().position(|scale| !scale.is_finite()) {
            None => Ok(()),
            Some(channel) => Err(self.row_error(x, row_len, channel, scheme)),
        }
    }

    /// Quantizes a row that is worth sharing out; returns its scale, which is not finite if the row
    /// is not.
    fn quantize_long_row<T: Element>(self, x: &[T], scheme: Scheme, q: &mut [i8]) -> f32 {
        let scale = scheme.scale(self.abs_max(x));
        if let Ok(params) = QuantParams::symmetric(scale) {
            self.quantize_chunks(x, params.with_range(scheme.quantized_range()), true, q);
        }
        scale
    }

    /// Why the scale of a row is not finite.
    #[cold]
    fn row_error<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        channel: usize,
        scheme: Scheme,
    ) -> Error {
        let first = channel * row_len;
        let row = &x[first..first + row_len];
        let error = match self.abs_max(row) {
            abs_max if abs_max.is_finite() => {
                let scale_type = scheme.stored_scale_type();
                Error::ScaleOverflow { channel, abs_max, scale_type }
            }
            _ => not_finite(row),
        };
        error.in_channel(channel, first)
    }

    /// [`dequantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`dequantize_into`].
    pub fn dequantize_into(self, q: &[i8], params: QuantParams, x: &mut [f32]) -> Result<()> {
        same_length("output", q.len(), x.len())?;
        let scale = params.scale();
        let traffic = Traffic::copy(q.len(), size_of_val(x));
        let chunks = q.chunks(CHUNK).zip(x.chunks_mut(CHUNK));
        parallel::for_each(chunks, q.len(), self.thread_limit(), |(q, x)| {
            self.run(Dequantize { q, scale, traffic, x });
        });
        Ok(())
    }
}

/// A buffer whose length has to be `expected`.
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::LengthMismatch { what, expected, found }) }
}

/// The error that names the first value that is not finite. There is one; looking for it is left
/// until it is known.
#[cold]
pub(crate) fn not_finite<T: Element>(x: &[T]) -> Error {
    let index = x.iter().position(|x| !x.to_f32().is_finite()).unwrap_or(0);
    Error::NotFinite { index, value: x.get(index).map_or(f32::NAN, |x| x.to_f32()) }
}
