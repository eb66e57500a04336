//! Tensors: each is a slice and a shape, in row-major order without gaps.

use alloc::vec::Vec;

use crate::shape::elements;
use crate::{Element, Error, Result, Scheme};

/// A borrowed tensor in row-major order: the last axis is contiguous. A view borrows the shape, too,
/// so a shape that is computed needs a variable of its own.
///
/// ```
/// use absmax::TensorView;
///
/// let (out_features, in_features) = (2, 3);
/// let shape = [out_features, in_features];
/// let view = TensorView::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &shape)?;
/// assert_eq!(view.shape(), [2, 3]);
/// assert!(TensorView::new(&[1.0], &shape).is_err());
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a, T> {
    data: &'a [T],
    shape: &'a [usize],
}

impl<'a, T: Element> TensorView<'a, T> {
    /// A view of `data` with the given dimensions. An empty shape is a scalar, which has one
    /// element.
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

/// Quantized values, signed or unsigned, one in each byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integers {
    /// Signed integers.
    I8(Vec<i8>),
    /// Unsigned integers: those of [`Scheme::is_unsigned`](crate::Scheme::is_unsigned).
    U8(Vec<u8>),
}

impl Integers {
    /// The number of values.
    pub const fn len(&self) -> usize {
        match self {
            Self::I8(q) => q.len(),
            Self::U8(q) => q.len(),
        }
    }

    /// Whether there are no values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, if they are signed.
    pub const fn as_i8(&self) -> Option<&[i8]> {
        if let Self::I8(q) = self { Some(q.as_slice()) } else { None }
    }

    /// The values, if they are unsigned.
    pub const fn as_u8(&self) -> Option<&[u8]> {
        if let Self::U8(q) = self { Some(q.as_slice()) } else { None }
    }

    /// The values one by one.
    pub fn iter(&self) -> impl Iterator<Item = i32> + '_ {
        let (signed, unsigned) = (self.as_i8().into_iter(), self.as_u8().into_iter());
        let signed = signed.flatten().map(|&q| i32::from(q));
        signed.chain(unsigned.flatten().map(|&q| i32::from(q)))
    }
}

/// A tensor as [`Backend::quantize_tensor`](crate::Backend::quantize_tensor) returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedTensor {
    /// The quantized values, row-major.
    pub data: Integers,
    /// The dimensions.
    pub shape: Vec<usize>,
    /// One scale per tensor, one for each index along the axis, or one for each group.
    pub scales: Vec<f32>,
    /// As many zero points as scales, or none if the scheme is symmetric.
    pub zero_points: Vec<i32>,
    /// What the tensor was quantized to.
    pub scheme: Scheme,
}
