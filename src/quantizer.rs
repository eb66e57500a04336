//! Scheme, backend and threads: tensors in, quantized tensors out.

use alloc::vec;
use alloc::vec::Vec;

use crate::drive::Sets;
use crate::environment::Environment;
use crate::error::same_length;
use crate::kernel::{Quantized, QuantizedMut};
use crate::shape::elements;
use crate::{
    Backend, Element, Error, Integer, Integers, QuantizedTensor, Result, Scheme, TensorView,
};

/// Quantizes tensors by one scheme.
///
/// ```
/// use absmax::{Quantizer, Scheme, TensorView};
///
/// // Two output channels of three weights each.
/// let weights = [1.0, -0.5, 0.25, 100.0, 50.0, -25.0];
/// let view = TensorView::new(&weights, &[2, 3])?;
/// let quantized = Quantizer::new(Scheme::int8().per_channel(0)).quantize(view)?;
/// assert_eq!(quantized.data.as_i8(), Some(&[127, -64, 32, 127, 64, -32][..]));
/// assert_eq!(quantized.scales, [1.0 / 127.0, 100.0 / 127.0]);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quantizer {
    scheme: Scheme,
    backend: Backend,
}

impl Quantizer {
    /// A quantizer on the [best](Backend::best) backend.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, backend: Backend::best() }
    }

    /// The same on another backend, and on as many threads as that says.
    pub const fn backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same on at most `threads` threads: see [`Backend::threads`].
    pub const fn threads(self, threads: usize) -> Self {
        Self { backend: self.backend.threads(threads), ..self }
    }

    /// Quantizes a tensor.
    ///
    /// # Errors
    ///
    /// [`Error::AxisOutOfRange`] if the scheme's axis is not one of the tensor's,
    /// [`Error::NotFinite`] with the first NaN or infinity, [`Error::ScaleOverflow`] if a scale
    /// does not fit the type that the scheme stores it in, [`Error::SizeOverflow`] if there is no
    /// memory for the scales.
    pub fn quantize<T: Element>(&self, x: TensorView<'_, T>) -> Result<QuantizedTensor> {
        let scheme = self.scheme;
        let count = self.scale_count(x.shape())?;
        let mut scales = reserved(count, 0.0)?;
        let mut zero_points = reserved(if scheme.is_symmetric() { 0 } else { count }, 0)?;
        let len = x.data().len();
        let data = if scheme.is_unsigned() {
            let mut q = vec![0; len];
            self.quantize_into(x, &mut q, &mut scales, &mut zero_points)?;
            Integers::U8(q)
        } else {
            let mut q = vec![0; len];
            self.quantize_into(x, &mut q, &mut scales, &mut zero_points)?;
            Integers::I8(q)
        };
        Ok(QuantizedTensor { data, shape: x.shape().to_vec(), scales, zero_points, scheme })
    }

    /// The number of scales that a tensor of this shape gets, and of zero points unless the scheme is
    /// symmetric.
    ///
    /// # Errors
    ///
    /// [`Error::AxisOutOfRange`] if the scheme's axis is not one of the tensor's,
    /// [`Error::SizeOverflow`] if there are too many.
    pub fn scale_count(&self, shape: &[usize]) -> Result<usize> {
        Sets::new(self.scheme, shape)?.count()
    }

    /// Quantizes a tensor into the caller's buffers: `q` has as many elements as the tensor,
    /// `scales` has [`scale_count`](Quantizer::scale_count), and so has `zero_points` unless the
    /// scheme is symmetric: then it is empty.
    ///
    /// # Errors
    ///
    /// As [`Quantizer::quantize`], [`Error::LengthMismatch`] if a buffer has the wrong length, and
    /// [`Error::IntegerMismatch`] if `Q` does not hold the scheme's integers.
    ///
    /// ```
    /// use absmax::{Quantizer, Scheme, TensorView};
    ///
    /// // One token of activations.
    /// let x = [-1.0, 0.0, 2.0, 254.0];
    /// let (mut q, mut scales, mut zero_points) = ([0u8; 4], [0.0], [0]);
    /// let quantizer = Quantizer::new(Scheme::uint8().per_channel(0));
    /// quantizer.quantize_into(TensorView::new(&x, &[1, 4])?, &mut q, &mut scales, &mut zero_points)?;
    /// assert_eq!((q, scales, zero_points), ([0, 1, 3, 255], [1.0], [1]));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_into<T: Element, Q: Integer>(
        &self,
        x: TensorView<'_, T>,
        q: &mut [Q],
        scales: &mut [f32],
        zero_points: &mut [i32],
    ) -> Result<()> {
        let sets = self.sets::<Q>(x.shape(), scales.len(), zero_points.len())?;
        same_length("output", x.data().len(), q.len())?;
        let q = bytemuck::must_cast_slice_mut(q);
        let to = QuantizedMut { q, scales, zero_points };
        T::quantize_sets(self.backend, sets, x.data(), &self.scheme, to)
    }

    /// x' = (q - zero_point) * scale of a tensor of this scheme and the given shape, with scales and
    /// zero points as [`Quantizer::quantize_into`] writes them. The product is binary32, rounded once
    /// more if `T` is narrower.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`] if the lengths do not fit one another, [`Error::IntegerMismatch`] if
    /// `Q` does not hold the scheme's integers, [`Error::InvalidScale`] and
    /// [`Error::ZeroPointOutOfRange`] if a scale or zero point is not valid.
    ///
    /// ```
    /// use absmax::{Quantizer, Scheme};
    ///
    /// let quantizer = Quantizer::new(Scheme::int4().per_group(2)?);
    /// let mut x = [0.0; 4];
    /// quantizer.dequantize_into(&[1i8, -8, 7, 0], &[1, 4], &[0.5, 2.0], &[], &mut x)?;
    /// assert_eq!(x, [0.5, -4.0, 14.0, 0.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn dequantize_into<Q: Integer, T: Element>(
        &self,
        q: &[Q],
        shape: &[usize],
        scales: &[f32],
        zero_points: &[i32],
        x: &mut [T],
    ) -> Result<()> {
        let sets = self.sets::<Q>(shape, scales.len(), zero_points.len())?;
        same_length("data", elements(shape)?, q.len())?;
        same_length("output", q.len(), x.len())?;
        let _environment = Environment::enter();
        if let Some(&scale) = scales.iter().find(|scale| !(scale.is_finite() && **scale > 0.0)) {
            return Err(Error::InvalidScale { scale });
        }
        let (qmin, qmax) = (self.scheme.qmin(), self.scheme.qmax());
        if let Some(&zero_point) = zero_points.iter().find(|z| !(qmin..=qmax).contains(z)) {
            return Err(Error::ZeroPointOutOfRange { zero_point, qmin, qmax });
        }
        let (q, unsigned) = (bytemuck::must_cast_slice(q), Q::UNSIGNED);
        let from = Quantized { q, unsigned, scales, zero_points };
        T::dequantize_sets(self.backend, sets, from, x);
        Ok(())
    }

    /// The sets of a tensor, for which there are so many scales and zero points.
    fn sets<Q: Integer>(&self, shape: &[usize], scales: usize, zero_points: usize) -> Result<Sets> {
        let scheme = self.scheme;
        let sets = Sets::new(scheme, shape)?;
        let count = sets.count()?;
        same_length("scales", count, scales)?;
        same_length("zero points", if scheme.is_symmetric() { 0 } else { count }, zero_points)?;
        if Q::UNSIGNED != scheme.is_unsigned() {
            let (qmin, qmax) = (scheme.qmin(), scheme.qmax());
            return Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME });
        }
        Ok(sets)
    }
}

impl QuantizedTensor {
    /// x' = (q - zero_point) * scale, row-major.
    ///
    /// # Errors
    ///
    /// Those of a tensor whose fields were changed so that they no longer fit one another.
    ///
    /// ```
    /// use absmax::{Quantizer, Scheme, TensorView};
    ///
    /// let x = [1.0, -127.0, 0.5, 0.25];
    /// let view = TensorView::new(&x, &[2, 2])?;
    /// let quantized = Quantizer::new(Scheme::int8().per_channel(0)).quantize(view)?;
    /// assert_eq!(quantized.dequantize()?[..2], [1.0, -127.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn dequantize(&self) -> Result<Vec<f32>> {
        let mut x = alloc::vec![0.0; self.data.len()];
        self.dequantize_into(Backend::best(), &mut x)?;
        Ok(x)
    }

    /// [`QuantizedTensor::dequantize`] on a given backend, into the caller's buffer and type: the
    /// binary32 product is rounded once more if that is narrower.
    ///
    /// # Errors
    ///
    /// As [`QuantizedTensor::dequantize`], and [`Error::LengthMismatch`] if the buffer does not have
    /// as many elements as the tensor.
    pub fn dequantize_into<T: Element>(&self, backend: Backend, x: &mut [T]) -> Result<()> {
        let Self { data, shape, scales, zero_points, scheme } = self;
        let quantizer = Quantizer::new(*scheme).backend(backend);
        match data {
            Integers::I8(q) => quantizer.dequantize_into(q, shape, scales, zero_points, x),
            Integers::U8(q) => quantizer.dequantize_into(q, shape, scales, zero_points, x),
        }
    }
}

/// A tensor without values may have any number of channels, so there may be no memory for them.
fn reserved<P: Copy>(count: usize, value: P) -> Result<Vec<P>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| Error::SizeOverflow)?;
    values.resize(count, value);
    Ok(values)
}
