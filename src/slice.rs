//! Operations on slices: checks, then kernels over chunks.

use alloc::vec::Vec;
use core::slice;

use crate::kernel::{
    AbsMax, Dequantize, DequantizeRows, FakeQuantize, LENGTHS, MinMax, Quantize, QuantizeGroups,
    QuantizeRows, Traffic,
};
use crate::parallel::{self, CHUNK};
use crate::scheme::Limits;
use crate::sets::Quantized;
use crate::simd::LANES;
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
        let traffic = Traffic::read(size_of_val(x));
        let see = |peak: &mut u32, x| *peak = T::abs_max(self, AbsMax { x, traffic }).max(*peak);
        let threads = self.thread_limit();
        let peak = parallel::fold(x.chunks(CHUNK), x.len(), threads, || 0, see, u32::max);
        T::from_magnitude_bits(peak)
    }

    /// [`min_max`] on this backend.
    pub fn min_max<T: Element>(self, x: &[T]) -> Option<(f32, f32)> {
        if x.is_empty() {
            return None;
        }
        let Limits { min, max } = self.limits(x, false);
        if min.is_nan() || max.is_nan() { Some((f32::NAN, f32::NAN)) } else { Some((min, max)) }
    }

    /// The limits of values, of which only the magnitudes matter if `symmetric`.
    fn limits<T: Element>(self, x: &[T], symmetric: bool) -> Limits {
        if symmetric || x.is_empty() {
            return Limits::symmetric(self.abs_max(x));
        }
        let traffic = Traffic::read(size_of_val(x));
        let new = || Limits::NOTHING;
        let see =
            |seen: &mut Limits, x| *seen = seen.merge(T::min_max(self, MinMax { x, traffic }));
        parallel::fold(x.chunks(CHUNK), x.len(), self.thread_limit(), new, see, Limits::merge)
    }

    /// [`quantize_into`] on this backend.
    ///
    /// # Errors
    ///
    /// As [`quantize_into`].
    pub fn quantize_into<T: Element>(self, x: &[T], q: &mut [i8]) -> Result<f32> {
        same_length("output", x.len(), q.len())?;
        let mut scale = 0.0;
        let to = Quantized { q, scales: slice::from_mut(&mut scale), zero_points: &mut [][..] };
        self.quantize_groups(x, x.len(), x.len(), &INT8, to)?;
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
        self.quantize_chunks(x, params, false, Q::UNSIGNED, bytemuck::must_cast_slice_mut(q));
        Ok(())
    }

    /// From the last chunk to the first: where the data have just been read for their range, their
    /// end is still in the cache.
    #[inline(always)]
    fn quantize_chunks<T: Element>(
        self,
        x: &[T],
        params: QuantParams,
        known: bool,
        unsigned: bool,
        q: &mut [i8],
    ) {
        let traffic = Traffic::copy(size_of_val(x), q.len());
        if x.len() <= CHUNK {
            return T::quantize(self, Quantize { x, params, known, traffic, unsigned, q });
        }
        let chunks = x.chunks(CHUNK).zip(q.chunks_mut(CHUNK)).rev();
        parallel::for_each(chunks, x.len(), self.thread_limit(), |(x, q)| {
            T::quantize(self, Quantize { x, params, known, traffic, unsigned, q });
        });
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
        let to = Quantized { q, scales, zero_points: &mut [][..] };
        self.quantize_groups(x, row_len, row_len, &INT8, to)
    }

    /// Quantizes rows in groups as the scheme says. The lengths agree.
    pub(crate) fn quantize_groups<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        group: usize,
        scheme: &Scheme,
        to: Quantized<&mut [i8], &mut [f32], &mut [i32]>,
    ) -> Result<()> {
        let Quantized { q, scales, zero_points } = to;
        if row_len == 0 {
            let (scale, zero_point) = scheme.choose(Limits::symmetric(0.0));
            scales.fill(scale);
            zero_points.fill(zero_point);
            return Ok(());
        }
        let sets = Quantized { q, scales: &mut *scales, zero_points };
        if row_len == group || row_len.is_multiple_of(group) {
            self.quantize_rows(x, group, scheme, sets);
        } else {
            self.quantize_ragged(x, row_len, group, scheme, sets);
        }
        match scales.iter().position(|scale| !scale.is_finite()) {
            None => Ok(()),
            Some(set) => {
                let (row, column) = (set / row_len.div_ceil(group), set % row_len.div_ceil(group));
                let first = row * row_len + column * group;
                let last = x.len().min(first + group).min((row + 1) * row_len);
                let x = &x[first..last];
                let limits = self.limits(x, scheme.is_symmetric());
                Err(set_error(x, scheme, limits).in_set(set, first))
            }
        }
    }

    /// Quantizes each row of `row_len` values by parameters of its own. What is not finite, or
    /// whose scale overflows, gets a scale that is not finite.
    #[inline(always)]
    fn quantize_rows<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        scheme: &Scheme,
        to: Quantized<&mut [i8], &mut [f32], &mut [i32]>,
    ) {
        let Quantized { q, scales, zero_points } = to;
        if row_len > CHUNK {
            for (set, scale) in scales.iter_mut().enumerate() {
                let row = set * row_len..(set + 1) * row_len;
                let (x, q) = (&x[row.clone()], &mut q[row]);
                let (chosen, zero_point) = scheme.choose(self.limits(x, scheme.is_symmetric()));
                *scale = chosen;
                zero_points.get_mut(set).into_iter().for_each(|place| *place = zero_point);
                if chosen.is_finite() {
                    let params = scheme.valid_params(chosen, zero_point);
                    self.quantize_chunks(x, params, true, scheme.is_unsigned(), q);
                }
            }
            return;
        }
        let traffic = Traffic::read(size_of_val(x));
        if x.len() <= CHUNK {
            let rows = QuantizeRows { x, row_len, scheme, q, scales, zero_points };
            return self.quantize_piece(rows, traffic);
        }
        let rows = CHUNK / row_len;
        let chunk = rows * row_len;
        let mut zero_points = zero_points.chunks_mut(rows);
        let chunks = x.chunks(chunk).zip(q.chunks_mut(chunk)).zip(scales.chunks_mut(rows));
        let chunks = chunks.map(|piece| (piece, zero_points.next().unwrap_or_default()));
        parallel::for_each(chunks, x.len(), self.thread_limit(), |(piece, zero_points)| {
            let ((x, q), scales) = piece;
            let rows = QuantizeRows { x, row_len, scheme, q, scales, zero_points };
            self.quantize_piece(rows, traffic);
        });
    }

    /// The same on one thread. Groups go sixteen together as far as they can.
    #[inline(always)]
    fn quantize_piece<T: Element>(self, mut rows: QuantizeRows<'_, T>, traffic: Traffic) {
        let (mut done, all) = (0, rows.scales.len());
        if all < LANES || !LENGTHS.contains(&rows.row_len) {
            return T::quantize_rows(self, rows);
        }
        while done < all {
            let groups = QuantizeGroups { rows: rows.part(done, all - done), traffic };
            done += T::quantize_groups(self, groups);
            let next = LANES.min(all - done);
            T::quantize_rows(self, rows.part(done, next));
            done += next;
        }
    }

    /// The same for groups, where the last one of a row is shorter.
    fn quantize_ragged<T: Element>(
        self,
        x: &[T],
        row_len: usize,
        group: usize,
        scheme: &Scheme,
        to: Quantized<&mut [i8], &mut [f32], &mut [i32]>,
    ) {
        let Quantized { q, scales, zero_points } = to;
        let groups = row_len.div_ceil(group);
        let mut zero_points = zero_points.chunks_mut(groups);
        let rows = x.chunks(row_len).zip(q.chunks_mut(row_len)).zip(scales.chunks_mut(groups));
        for ((x, q), scales) in rows {
            let (x, x_last) = x.split_at((groups - 1) * group);
            let (q, q_last) = q.split_at_mut(x.len());
            let (scales, scale_last) = scales.split_at_mut(groups - 1);
            let zero_points = zero_points.next().unwrap_or_default();
            let (zero_points, zero_point_last) =
                zero_points.split_at_mut(zero_points.len().min(groups - 1));
            self.quantize_rows(x, group, scheme, Quantized { q, scales, zero_points });
            let last = Quantized { q: q_last, scales: scale_last, zero_points: zero_point_last };
            self.quantize_rows(x_last, x_last.len(), scheme, last);
        }
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
        let (q, unsigned) = (bytemuck::must_cast_slice(q), Q::UNSIGNED);
        self.dequantize_chunks(q, unsigned, params.scale(), params.zero_point(), x);
        Ok(())
    }

    fn dequantize_chunks<T: Element>(
        self,
        q: &[i8],
        unsigned: bool,
        scale: f32,
        zero_point: i32,
        x: &mut [T],
    ) {
        let traffic = Traffic::copy(q.len(), size_of_val(x));
        let chunks = q.chunks(CHUNK).zip(x.chunks_mut(CHUNK));
        parallel::for_each(chunks, q.len(), self.thread_limit(), |(q, x)| {
            T::dequantize(self, Dequantize { q, unsigned, scale, zero_point, traffic, x });
        });
    }

    /// Dequantizes rows in groups. The lengths agree.
    pub(crate) fn dequantize_groups<T: Element>(
        self,
        row_len: usize,
        group: usize,
        unsigned: bool,
        from: Quantized<&[i8], &[f32], &[i32]>,
        x: &mut [T],
    ) {
        let Quantized { q, scales, zero_points } = from;
        if q.is_empty() {
        } else if group >= CHUNK {
            let groups = row_len.div_ceil(group);
            for (row, (q, x)) in q.chunks(row_len).zip(x.chunks_mut(row_len)).enumerate() {
                for (column, (q, x)) in q.chunks(group).zip(x.chunks_mut(group)).enumerate() {
                    let set = row * groups + column;
                    let zero_point = zero_points.get(set).copied().unwrap_or(0);
                    self.dequantize_chunks(q, unsigned, scales[set], zero_point, x);
                }
            }
        } else {
            // Groups that follow each other without a gap are rows, too.
            let row_len = if row_len.is_multiple_of(group) { group } else { row_len };
            let (rows, groups) = ((CHUNK / row_len).max(1), row_len.div_ceil(group));
            let mut zero_points = zero_points.chunks(rows * groups);
            let pieces = q.chunks(rows * row_len).zip(x.chunks_mut(rows * row_len));
            let pieces = pieces.zip(scales.chunks(rows * groups));
            let pieces = pieces.map(|piece| (piece, zero_points.next().unwrap_or_default()));
            parallel::for_each(pieces, q.len(), self.thread_limit(), |(piece, zero_points)| {
                let ((q, x), scales) = piece;
                let rows = DequantizeRows { q, unsigned, row_len, group, scales, zero_points, x };
                T::dequantize_rows(self, rows);
            });
        }
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
        let chunks = x.chunks(CHUNK).zip(y.chunks_mut(CHUNK));
        parallel::for_each(chunks, x.len(), self.thread_limit(), |(x, y)| {
            T::fake_quantize(self, FakeQuantize { x, params, traffic, y });
        });
        Ok(())
    }
}

/// A buffer whose length has to be `expected`.
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::LengthMismatch { what, expected, found }) }
}

/// Why the scale of some values with these limits is not finite.
#[cold]
pub(crate) fn set_error<T: Element>(x: &[T], scheme: &Scheme, limits: Limits) -> Error {
    match scheme.params(limits.min, limits.max) {
        Err(error @ Error::ScaleOverflow { .. }) => error,
        _ => not_finite(x),
    }
}

/// The error that names the first value that is not finite. There is one; looking for it is left
/// until it is known.
#[cold]
pub(crate) fn not_finite<T: Element>(x: &[T]) -> Error {
    let index = x.iter().position(|x| !x.to_f32().is_finite()).unwrap_or(0);
    Error::NotFinite { index, value: x.get(index).map_or(f32::NAN, |x| x.to_f32()) }
}
