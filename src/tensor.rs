//! Tensors: a slice and a shape, in row-major order without gaps.

use alloc::vec::Vec;

use crate::{Backend, Element, Error, Result, Scheme};

/// A borrowed tensor in row-major order: the last axis is contiguous.
///
/// ```
/// use absmax::TensorView;
///
/// let view = TensorView::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
/// assert_eq!(view.shape(), [2, 3]);
/// assert!(TensorView::new(&[1.0], &[2, 3]).is_err());
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a, T> {
    data: &'a [T],
    shape: &'a [usize],
}

impl<'a, T: Element> TensorView<'a, T> {
    /// A view of `data` with the given dimensions; an empty shape is a scalar, of one element.
    ///
    /// # Errors
    ///
    /// [`Error::SizeOverflow`] if the product of the dimensions exceeds `usize`,
    /// [`Error::ShapeMismatch`] if it is not the length of the data.
    pub fn new(data: &'a [T], shape: &'a [usize]) -> Result<Self> {
        let expected = elements(shape)?;
        if expected != data.len() {
            return Err(Error::ShapeMismatch { expected, found: data.len() });
        }
        Ok(Self { data, shape })
    }

    /// The values, row-major.
    pub const fn data(&self) -> &'a [T] {
        self.data
    }

    /// The dimensions.
    pub const fn shape(&self) -> &'a [usize] {
        self.shape
    }
}

/// The product of the dimensions. A zero makes it zero however large the others are.
pub(crate) fn elements(shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or(Error::SizeOverflow)
}

/// A tensor as [`Quantizer::quantize`](crate::Quantizer::quantize) returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedTensor {
    /// The quantized values, row-major.
    pub data: Vec<i8>,
    /// The dimensions.
    pub shape: Vec<usize>,
    /// One scale per tensor, or one for each index along the axis.
    pub scales: Vec<f32>,
    /// What the tensor was quantized to.
    pub scheme: Scheme,
}

impl QuantizedTensor {
    /// x' = q * scale, row-major.
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
        self.dequantize_on(Backend::best())
    }

    /// [`QuantizedTensor::dequantize`] on the given backend.
    ///
    /// # Errors
    ///
    /// As [`QuantizedTensor::dequantize`].
    pub fn dequantize_on(&self, backend: Backend) -> Result<Vec<f32>> {
        let mut x = alloc::vec![0.0; self.data.len()];
        backend.dequantize_channels(self, &mut x)?;
        Ok(x)
    }
}
