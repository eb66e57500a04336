//! Scheme, backend and threads: tensors in, quantized tensors out.

use alloc::vec;
use alloc::vec::Vec;

use crate::channels::Channels;
use crate::slice::same_length;
use crate::{Backend, Element, Error, QuantizedTensor, Result, Scheme, TensorView};

/// Quantizes tensors by one scheme.
///
/// ```
/// use absmax::{Quantizer, Scheme, TensorView};
///
/// // Two output channels of three weights each.
/// let weights = [1.0, -0.5, 0.25, 100.0, 50.0, -25.0];
/// let view = TensorView::new(&weights, &[2, 3])?;
/// let quantized = Quantizer::new(Scheme::int8().per_channel(0)).quantize(view)?;
/// assert_eq!(quantized.data, [127, -64, 32, 127, 64, -32]);
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
        let count = self.scale_count(x.shape())?;
        // A tensor without values may have any number of channels: that allocation may fail.
        let mut scales = Vec::new();
        scales.try_reserve_exact(count).map_err(|_| Error::SizeOverflow)?;
        scales.resize(count, 0.0);
        let mut data = vec![0; x.data().len()];
        self.quantize_into(x, &mut data, &mut scales)?;
        Ok(QuantizedTensor { data, shape: x.shape().to_vec(), scales, scheme: self.scheme })
    }

    /// The number of scales that a tensor of this shape gets.
    ///
    /// # Errors
    ///
    /// [`Error::AxisOutOfRange`] if the scheme's axis is not one of the tensor's.
    pub fn scale_count(&self, shape: &[usize]) -> Result<usize> {
        Ok(Channels::new(self.scheme, shape)?.count)
    }

    /// Quantizes a tensor into the caller's buffers: `q` has as many elements as the tensor, and
    /// `scales` has [`scale_count`](Quantizer::scale_count).
    ///
    /// # Errors
    ///
    /// As [`Quantizer::quantize`], and [`Error::LengthMismatch`] if a buffer has the wrong length.
    pub fn quantize_into<T: Element>(
        &self,
        x: TensorView<'_, T>,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        let (x, shape) = (x.data(), x.shape());
        let channels = Channels::new(self.scheme, shape)?;
        same_length("output", x.len(), q.len())?;
        same_length("scales", channels.count, scales.len())?;
        channels.quantize(self.backend, x, self.scheme, q, scales)
    }
}
