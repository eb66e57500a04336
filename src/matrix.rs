//! Operations on matrices and tensors by any scheme. This file checks what each operation needs,
//! and then drives the kernels.

use alloc::vec;
use alloc::vec::Vec;

use crate::drive::{By, Groups, Sets};
use crate::error::same_length;
use crate::fit::{fit, fit_integers, fit_outputs, fit_sums, same_layout, valid};
use crate::kernel::{Quantized, Traffic};
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::{
    Backend, Element, Error, Integer, Integers, QuantizedMut, QuantizedTensor, Result, Rows,
    RowsMut, Scheme, TensorView,
};

impl Scheme {
    /// The number of sets, and so of scales, that a tensor of this shape has. It is also the number
    /// of zero points, unless the scheme is symmetric.
    ///
    /// # Errors
    ///
    /// [`Error::AxisOutOfRange`] if the scheme's axis is not one of the tensor's,
    /// [`Error::SizeOverflow`] if the number exceeds `usize`.
    ///
    /// ```
    /// use absmax::Scheme;
    ///
    /// assert_eq!(Scheme::int8().scale_count(&[4, 100])?, 1);
    /// assert_eq!(Scheme::int8().per_channel(0).scale_count(&[4, 100])?, 4);
    /// assert_eq!(Scheme::int4().per_group(32)?.scale_count(&[4, 100])?, 4 * 4);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn scale_count(self, shape: &[usize]) -> Result<usize> {
        Sets::new(self, shape)?.count()
    }
}

/// Every method takes a matrix as a tensor of two dimensions, where a row is an index along axis 0.
impl Backend {
    /// Quantizes a matrix with scales (and zero points) that are computed from the data. The scheme
    /// says whether there is one for the matrix, for each row
    /// ([`per_channel(0)`](Scheme::per_channel), as for activations per token), for each column, or
    /// for each group of a row. [`Scheme::params`] has the formulas. Nothing is allocated, unless
    /// scales are per column.
    ///
    /// `out` needs integers of the matrix' dimensions and [`Scheme::scale_count`] scales. It needs
    /// as many zero points, and must have none if the scheme is symmetric. The integers are [`u8`]
    /// if the scheme is unsigned, else [`i8`]. A matrix without values has the parameters of zeros.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] with the first NaN or infinity, whose index counts elements from the
    /// first value, gaps included. [`Error::ScaleOverflow`] if a scale does not fit the type that
    /// the scheme stores it in. Which of the two is returned, if there are both, depends on which
    /// set comes first. After either error, the outputs hold initialised values that mean nothing.
    /// [`Error::AxisOutOfRange`], [`Error::LengthMismatch`], [`Error::IntegerMismatch`],
    /// [`Error::ScaleTypeMismatch`], [`Error::SumOverflow`] or [`Error::SizeOverflow`] if the
    /// arguments do not fit one another. Then nothing has been written. What lies between rows is never written.
    ///
    /// ```
    /// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// // Two tokens of three values, in a buffer of rows of four.
    /// let x = [1.0, -2.0, 4.0, f32::NAN, 0.5, 0.25, -0.125];
    /// let x = Rows::strided(&x, 2, 3, 4)?;
    /// let (mut q, mut scales) = ([0i8; 6], [0.0; 2]);
    /// let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 3)?).with_scales(&mut scales);
    /// Backend::best().quantize_rows(Scheme::int8().per_channel(0), x, out)?;
    /// assert_eq!(q, [32, -64, 127, 127, 64, -32]);
    /// assert_eq!(scales, [4.0 / 127.0, 0.5 / 127.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    #[inline]
    pub fn quantize_rows<T: Element, Q: Integer>(
        self,
        scheme: Scheme,
        x: Rows<'_, T>,
        out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        self.quantize_rows_by(Recipe::exact(&scheme), x, out)
    }

    /// [`Backend::quantize_rows`] by any arithmetic.
    pub(crate) fn quantize_rows_by<T: Element, Q: Integer>(
        self,
        recipe: Recipe<'_>,
        x: Rows<'_, T>,
        mut out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        let shape = [x.rows(), x.row_len()];
        let sets = Sets::new(*recipe.scheme, &shape)?;
        let (by, to) =
            (By { sets, recipe, traffic: Traffic::of(&x), given: None }, &mut out.outputs);
        fit_integers(shape, &to.q, out.padded, out.tiles)?;
        fit_outputs::<Q>(*recipe.scheme, sets, x.len(), &to.sets)?;
        match out.tiles {
            Some(tiles) => T::quantize_tiles(self, tiles, x, by, to),
            None if out.padded => T::quantize_padded(self, x, by, to),
            None => self.quantize_sets(recipe, sets, x, to),
        }
    }

    /// Quantizes a matrix with the caller's parameters: a scale (and a zero point) for each set of
    /// the scheme. They may be those of static activations, or of weights that are quantized once
    /// more. Infinities saturate, and NaN becomes the zero point. Nothing is allocated, unless
    /// scales are per column.
    ///
    /// `out` needs integers of the matrix' dimensions. It may have sums, and has no parameters.
    /// `params` needs [`Scheme::scale_count`] scales, and as many zero points, or none if all zero
    /// points are [`Scheme::offset`], which is 0 as a rule.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] if a scale or a zero point is not valid. [`Error::AxisOutOfRange`],
    /// [`Error::LengthMismatch`], [`Error::IntegerMismatch`], [`Error::SumOverflow`] or
    /// [`Error::SizeOverflow`] if the arguments do not fit one another. Nothing has been written
    /// after any of these.
    ///
    /// ```
    /// use absmax::{Backend, Params, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// // Static activations: a scale for each of three channels.
    /// let x = [1.0, -2.0, 300.0, 0.5, 0.25, -0.125];
    /// let mut q = [0i8; 6];
    /// Backend::best().quantize_rows_with(
    ///     Scheme::int8().per_channel(1),
    ///     Rows::new(&x, 2, 3)?,
    ///     Params::new(&[0.5, 0.25, 1.0]),
    ///     QuantizedMut::new(RowsMut::new(&mut q, 2, 3)?),
    /// )?;
    /// assert_eq!(q, [2, -8, 127, 1, 1, 0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_rows_with<T: Element, Q: Integer>(
        self,
        scheme: Scheme,
        x: Rows<'_, T>,
        params: Params<'_>,
        out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        self.quantize_rows_with_by(Recipe::exact(&scheme), x, params, out)
    }

    /// [`Backend::quantize_rows_with`] by any arithmetic.
    pub(crate) fn quantize_rows_with_by<T: Element, Q: Integer>(
        self,
        recipe: Recipe<'_>,
        x: Rows<'_, T>,
        params: Params<'_>,
        out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        let (scheme, shape) = (*recipe.scheme, [x.rows(), x.row_len()]);
        let sets = Sets::new(scheme, &shape)?;
        let QuantizedMut { outputs: mut to, padded, tiles, .. } = out;
        fit_integers(shape, &to.q, padded, tiles)?;
        same_length("scales to be written", 0, to.sets.scales.len())?;
        same_length("zero points to be written", 0, to.sets.zero_points.len())?;
        fit::<Q>(scheme)?;
        let params = valid(scheme, sets, params)?;
        recipe.fit(params)?;
        fit_sums(scheme, sets, x.len(), &to.sets)?;
        let by = By { sets, recipe, traffic: Traffic::of(&x), given: Some(params) };
        match tiles {
            Some(tiles) => T::quantize_tiles(self, tiles, x, by, &mut to),
            None => T::quantize_padded(self, x, by, &mut to),
        }
    }

    /// Dequantizes a matrix: x' = (q - zero_point) * scale. The product is binary32, and is rounded
    /// once more if `T` is narrower. Integers that the scheme does not use are multiplied like
    /// others.
    ///
    /// `params` needs [`Scheme::scale_count`] scales, and as many zero points, or none if all zero
    /// points are [`Scheme::offset`], which is 0 as a rule.
    ///
    /// # Errors
    ///
    /// Fails as [`Backend::quantize_rows_with`] does.
    ///
    /// ```
    /// use absmax::{Backend, Params, Rows, RowsMut, Scheme};
    ///
    /// let (q, mut x) = ([1i8, -8, 7, 0], [0.0; 4]);
    /// Backend::best().dequantize_rows(
    ///     Scheme::int4().per_group(2)?,
    ///     Rows::new(&q, 1, 4)?,
    ///     Params::new(&[0.5, 2.0]),
    ///     RowsMut::new(&mut x, 1, 4)?,
    /// )?;
    /// assert_eq!(x, [0.5, -4.0, 14.0, 0.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn dequantize_rows<Q: Integer, T: Element>(
        self,
        scheme: Scheme,
        q: Rows<'_, Q>,
        params: Params<'_>,
        x: RowsMut<'_, T>,
    ) -> Result<()> {
        let sets = Sets::new(scheme, &[q.rows(), q.row_len()])?;
        same_layout([q.rows(), q.row_len()], &x, false)?;
        self.dequantize_sets(scheme, sets, q, params, x)
    }

    /// Quantizes a tensor of any shape: see [`Backend::quantize_rows`].
    ///
    /// # Errors
    ///
    /// [`Error::AxisOutOfRange`] if the scheme's axis is not one of the tensor's,
    /// [`Error::NotFinite`] with the first NaN or infinity, [`Error::ScaleOverflow`] if a scale
    /// does not fit the type that the scheme stores it in, [`Error::SizeOverflow`] if there is no
    /// memory for the scales.
    ///
    /// ```
    /// use absmax::{Backend, Scheme, TensorView};
    ///
    /// // Two output channels of three weights each.
    /// let weights = [1.0, -0.5, 0.25, 100.0, 50.0, -25.0];
    /// let view = TensorView::new(&weights, &[2, 3])?;
    /// let quantized = Backend::best().quantize_tensor(Scheme::int8().per_channel(0), view)?;
    /// assert_eq!(quantized.data.as_i8(), Some(&[127, -64, 32, 127, 64, -32][..]));
    /// assert_eq!(quantized.scales, [1.0 / 127.0, 100.0 / 127.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_tensor<T: Element>(
        self,
        scheme: Scheme,
        x: TensorView<'_, T>,
    ) -> Result<QuantizedTensor> {
        let count = scheme.scale_count(x.shape())?;
        let mut scales = reserved(count, 0.0)?;
        let mut zero_points = reserved(if scheme.is_symmetric() { 0 } else { count }, 0)?;
        let len = x.data().len();
        let data = if scheme.is_unsigned() {
            let mut q = vec![0; len];
            let out = QuantizedMut::new(RowsMut::one(&mut q)).with_scales(&mut scales);
            self.quantize_tensor_into(scheme, x, out.with_zero_points(&mut zero_points))?;
            Integers::U8(q)
        } else {
            let mut q = vec![0; len];
            let out = QuantizedMut::new(RowsMut::one(&mut q)).with_scales(&mut scales);
            self.quantize_tensor_into(scheme, x, out.with_zero_points(&mut zero_points))?;
            Integers::I8(q)
        };
        Ok(QuantizedTensor { data, shape: x.shape().to_vec(), scales, zero_points, scheme })
    }

    /// [`Backend::quantize_tensor`] into the caller's buffers. There are as many integers as the
    /// tensor has values, in rows of any length without gaps. [`Backend::quantize_rows`] says what
    /// else `out` needs.
    ///
    /// # Errors
    ///
    /// Fails as [`Backend::quantize_rows`] does, with [`Error::InvalidRowStride`] if there are gaps
    /// between the rows of integers, and with [`Error::TilesOfTensor`] if there are to be tiles.
    pub fn quantize_tensor_into<T: Element, Q: Integer>(
        self,
        scheme: Scheme,
        x: TensorView<'_, T>,
        mut out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        let sets = Sets::new(scheme, x.shape())?;
        if out.tiles.is_some() {
            return Err(Error::TilesOfTensor);
        }
        let q = &mut out.outputs.q;
        if !q.is_gapless() {
            let (row_len, row_stride) = (q.row_len(), q.row_stride());
            return Err(Error::InvalidRowStride { row_len, row_stride });
        }
        same_length("output", x.data().len(), q.len())?;
        q.cut(1, x.data().len());
        fit_outputs::<Q>(scheme, sets, x.data().len(), &out.outputs.sets)?;
        let recipe = Recipe::exact(&scheme);
        self.quantize_sets(recipe, sets, Rows::one(x.data()), &mut out.outputs)
    }

    /// Dequantizes a tensor into the caller's buffer, row-major: x' = (q - zero_point) * scale. The
    /// product is binary32, and is rounded once more if `T` is narrower.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`] if the buffer does not have as many elements as the tensor. Other
    /// errors occur only if the fields of the tensor were changed so that they no longer fit one
    /// another.
    ///
    /// ```
    /// use absmax::{Backend, Scheme, TensorView};
    ///
    /// let (x, mut y) = ([1.0, -127.0, 0.5, 0.25], [0.0; 4]);
    /// let backend = Backend::best();
    /// let scheme = Scheme::int8().per_channel(0);
    /// let quantized = backend.quantize_tensor(scheme, TensorView::new(&x, &[2, 2])?)?;
    /// backend.dequantize_tensor_into(&quantized, &mut y)?;
    /// assert_eq!(y[..2], x[..2]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn dequantize_tensor_into<T: Element>(
        self,
        tensor: &QuantizedTensor,
        x: &mut [T],
    ) -> Result<()> {
        let QuantizedTensor { data, shape, scales, zero_points, scheme } = tensor;
        let (scheme, sets) = (*scheme, Sets::new(*scheme, shape)?);
        same_length("data", crate::shape::elements(shape)?, data.len())?;
        same_length("output", data.len(), x.len())?;
        if !scheme.is_symmetric() {
            // Without its zero points, the tensor would have other values.
            same_length("zero points", scales.len(), zero_points.len())?;
        }
        let params = Params::new(scales).with_zero_points(zero_points);
        let x = RowsMut::one(x);
        match data {
            Integers::I8(q) => self.dequantize_sets(scheme, sets, Rows::one(q), params, x),
            Integers::U8(q) => self.dequantize_sets(scheme, sets, Rows::one(q), params, x),
        }
    }

    /// Quantizes the sets of a scheme, for which there are outputs. The matrices have the same
    /// dimensions.
    fn quantize_sets<T: Element>(
        self,
        recipe: Recipe<'_>,
        sets: Sets,
        x: Rows<'_, T>,
        to: &mut Outputs<'_>,
    ) -> Result<()> {
        let traffic = Traffic::of(&x);
        match sets {
            // Most calls have one row or some short rows, which need not be laid out.
            Sets::Rows { row_len, group, .. } if row_len == group && row_len == x.row_len() => {
                T::quantize_groups(self, Groups { x: &x, group, recipe, traffic, to })
            }
            _ => T::quantize_sets(self, sets, x, recipe, traffic, to),
        }
    }

    /// Dequantizes the sets of a scheme. The matrices have the same dimensions.
    fn dequantize_sets<Q: Integer, T: Element>(
        self,
        scheme: Scheme,
        sets: Sets,
        q: Rows<'_, Q>,
        params: Params<'_>,
        x: RowsMut<'_, T>,
    ) -> Result<()> {
        fit::<Q>(scheme)?;
        let params = valid(scheme, sets, params)?;
        let from = Quantized { q: q.bits(), unsigned: Q::UNSIGNED, params };
        T::dequantize_sets(self, sets, from, x);
        Ok(())
    }
}

impl QuantizedTensor {
    /// Dequantizes the tensor, row-major: x' = (q - zero_point) * scale.
    ///
    /// # Errors
    ///
    /// Errors occur only if the fields of the tensor were changed so that they no longer fit one
    /// another.
    ///
    /// ```
    /// use absmax::{Backend, Scheme, TensorView};
    ///
    /// let x = [1.0, -127.0, 0.5, 0.25];
    /// let view = TensorView::new(&x, &[2, 2])?;
    /// let quantized = Backend::best().quantize_tensor(Scheme::int8().per_channel(0), view)?;
    /// assert_eq!(quantized.dequantize()?[..2], [1.0, -127.0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn dequantize(&self) -> Result<Vec<f32>> {
        let mut x = vec![0.0; self.data.len()];
        Backend::best().dequantize_tensor_into(self, &mut x)?;
        Ok(x)
    }
}

/// `count` times a value. A tensor without values may have any number of channels, so there may be
/// no memory for their parameters.
fn reserved<P: Copy>(count: usize, value: P) -> Result<Vec<P>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| Error::SizeOverflow)?;
    values.resize(count, value);
    Ok(values)
}
