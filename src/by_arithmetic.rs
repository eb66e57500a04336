//! Operations by another program's arithmetic.

use crate::drive::Sets;
use crate::fit::same_layout;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::{
    Arithmetic, Backend, Element, Error, Granularity, Integer, QuantizedMut, Result, Rows, RowsMut,
    Scheme,
};

/// Quantizes by an [`Arithmetic`], such as another program's: see [`Backend::by`].
#[derive(Clone, Copy, Debug)]
pub struct ByArithmetic {
    pub(crate) backend: Backend,
    pub(crate) arithmetic: Arithmetic,
}

impl Backend {
    /// Quantizes by an arithmetic, with the same bits as
    /// [`reference::quantize_group`](crate::reference::quantize_group) on every CPU.
    ///
    /// ```
    /// use absmax::{Arithmetic, Backend, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// // The quotient is 4.5, a tie. The product with the reciprocal is above it.
    /// let x = Rows::new(&[0.043307085f32, 1.2222222], 1, 2)?;
    /// let scheme = Scheme::int8().per_channel(0);
    /// let quantize = |arithmetic| -> absmax::Result<[i8; 2]> {
    ///     let (mut q, mut scale) = ([0; 2], [0.0; 1]);
    ///     let out = QuantizedMut::new(RowsMut::new(&mut q, 1, 2)?).with_scales(&mut scale);
    ///     Backend::best().by(arithmetic).quantize_rows(scheme, x, out)?;
    ///     Ok(q)
    /// };
    /// assert_eq!(quantize(Arithmetic::exact())?, [4, 127]);
    /// assert_eq!(quantize(Arithmetic::ggml())?, [5, 127]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub const fn by(self, arithmetic: Arithmetic) -> ByArithmetic {
        ByArithmetic { backend: self, arithmetic }
    }
}

impl ByArithmetic {
    /// Quantizes a matrix with scales (and zero points) that are computed from the data:
    /// [`Backend::quantize_rows`], but for the formulas, which are those of [`Arithmetic`]. The
    /// scheme has one set of parameters for the matrix, for each row, or for each group.
    ///
    /// # Errors
    ///
    /// Fails as [`Backend::quantize_rows`] does. [`Error::ArithmeticMismatch`] if the arithmetic does
    /// not have the scheme, [`Error::NotConsecutive`] if the scheme has a scale for each column, and
    /// [`Error::ScaleUnderflow`] if values cannot be multiplied or divided because a scale is too
    /// small.
    pub fn quantize_rows<T: Element, Q: Integer>(
        self,
        scheme: Scheme,
        x: Rows<'_, T>,
        out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        self.arithmetic.check(scheme)?;
        self.backend.quantize_rows_by(self.recipe(&scheme, x)?, x, out)
    }

    /// Quantizes a matrix with the caller's parameters: [`Backend::quantize_rows_with`], but for the
    /// formulas.
    ///
    /// # Errors
    ///
    /// Fails as [`Backend::quantize_rows_with`] does. [`Error::NotConsecutive`] if the scheme has a
    /// scale for each column, and [`Error::ScaleUnderflow`] if the reciprocal of a scale overflows.
    /// Any scheme will do.
    ///
    /// ```
    /// use absmax::{Arithmetic, Backend, Params, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// // PyTorch multiplies by RN(1 / 0.1) = 10, which makes a tie of the second product.
    /// let (x, mut q) = ([0.05, 0.25], [0u8; 2]);
    /// Backend::best().by(Arithmetic::torch()).quantize_rows_with(
    ///     Scheme::uint8(),
    ///     Rows::new(&x, 1, 2)?,
    ///     Params::new(&[0.1]),
    ///     QuantizedMut::new(RowsMut::new(&mut q, 1, 2)?),
    /// )?;
    /// assert_eq!(q, [0, 2]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_rows_with<T: Element, Q: Integer>(
        self,
        scheme: Scheme,
        x: Rows<'_, T>,
        params: Params<'_>,
        out: QuantizedMut<'_, Q>,
    ) -> Result<()> {
        self.backend.quantize_rows_with_by(self.recipe(&scheme, x)?, x, params, out)
    }

    /// Quantizes each row to ggml's blocks q8_0: 32 values become the scale in f16 and 32 integers.
    /// Bytes of numbers are in the order of little-endian machines, here and in the other blocks.
    /// [`reference::q8_0`](crate::reference::q8_0) defines every byte. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// [`Error::PartialBlock`] if rows are not whole blocks, [`Error::LengthMismatch`] if there is
    /// not a place for each block, [`Error::ArithmeticMismatch`] and [`Error::NoBlocks`] if the
    /// arithmetic has no blocks. Nothing has been written after any of these. Otherwise the errors of the
    /// first block that has no answer: [`Error::NotFinite`], [`Error::ScaleOverflow`] and
    /// [`Error::ScaleUnderflow`], in which a set is a block.
    ///
    /// ```
    /// use absmax::{Arithmetic, Backend, Rows, RowsMut};
    ///
    /// let (mut x, mut blocks) = ([0.0f32; 64], [[0; 34]; 2]);
    /// x[32..34].copy_from_slice(&[127.0, -2.5]);
    /// let ggml = Backend::best().by(Arithmetic::ggml());
    /// ggml.quantize_q8_0(Rows::new(&x, 1, 64)?, RowsMut::new(&mut blocks, 1, 2)?)?;
    /// assert_eq!(blocks[0], [0; 34]);
    /// assert_eq!(blocks[1][..4], [0x00, 0x3c, 127, 253]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_q8_0<T: Element>(
        self,
        x: Rows<'_, T>,
        blocks: RowsMut<'_, [u8; 34]>,
    ) -> Result<()> {
        self.fit_blocks(&x, &blocks, 32)?;
        T::quantize_q8_0(self.backend, &self.arithmetic, x, blocks)
    }

    /// Quantizes each row to ggml's blocks q8_1: 32 values become the scale in f16, its product with
    /// the sum of the integers in f16, and 32 integers.
    /// [`reference::q8_1`](crate::reference::q8_1) defines every byte. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// Fails as [`ByArithmetic::quantize_q8_0`] does, and with [`Error::BlockSumOverflow`] if the
    /// product is infinite in f16.
    ///
    /// ```
    /// use absmax::{Arithmetic, Backend, Rows, RowsMut};
    ///
    /// let (mut x, mut blocks) = ([0.0f32; 32], [[0; 36]; 1]);
    /// x[..2].copy_from_slice(&[127.0, -63.0]);
    /// let ggml = Backend::best().by(Arithmetic::ggml_x86());
    /// ggml.quantize_q8_1(Rows::new(&x, 1, 32)?, RowsMut::new(&mut blocks, 1, 1)?)?;
    /// assert_eq!(blocks[0][..6], [0x00, 0x3c, 0x00, 0x54, 127, 193]); // 1 and 64
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_q8_1<T: Element>(
        self,
        x: Rows<'_, T>,
        blocks: RowsMut<'_, [u8; 36]>,
    ) -> Result<()> {
        self.fit_blocks(&x, &blocks, 32)?;
        T::quantize_q8_1(self.backend, &self.arithmetic, x, blocks)
    }

    /// Quantizes each row to ggml's blocks q8_K: 256 values become the scale in f32, 256 integers,
    /// and their sums by sixteen in i16. [`reference::q8_k`](crate::reference::q8_k) defines every
    /// byte. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// Fails as [`ByArithmetic::quantize_q8_0`] does.
    ///
    /// ```
    /// use absmax::{Arithmetic, Backend, Rows, RowsMut};
    ///
    /// let (mut x, mut blocks) = ([0.0f32; 256], [[0; 292]; 1]);
    /// x[..2].copy_from_slice(&[127.0, 3.0]);
    /// let ggml = Backend::best().by(Arithmetic::ggml());
    /// ggml.quantize_q8_k(Rows::new(&x, 1, 256)?, RowsMut::new(&mut blocks, 1, 1)?)?;
    /// assert_eq!(blocks[0][..6], [0x00, 0x00, 0x80, 0xbf, 129, 253]); // -1, -127, -3
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn quantize_q8_k<T: Element>(
        self,
        x: Rows<'_, T>,
        blocks: RowsMut<'_, [u8; 292]>,
    ) -> Result<()> {
        self.fit_blocks(&x, &blocks, 256)?;
        T::quantize_q8_k(self.backend, &self.arithmetic, x, blocks)
    }

    /// Checks that the values fill the blocks, and that the arithmetic has them.
    fn fit_blocks<T, B>(self, x: &Rows<'_, T>, to: &RowsMut<'_, B>, block: usize) -> Result<()> {
        let (rows, row_len) = (x.rows(), x.row_len());
        if !row_len.is_multiple_of(block) {
            return Err(Error::PartialBlock { row_len, block });
        }
        same_layout([rows, row_len / block], to, false)?;
        self.arithmetic.check_blocks()
    }

    /// How the rows are quantized.
    fn recipe<'a, T>(&'a self, scheme: &'a Scheme, x: Rows<'_, T>) -> Result<Recipe<'a>> {
        if self.arithmetic == Arithmetic::exact() {
            return Ok(Recipe::exact(scheme));
        }
        let sets = Sets::new(*scheme, &[x.rows(), x.row_len()])?;
        match (sets, scheme.granularity()) {
            (Sets::Channels(_), Granularity::PerChannel { axis }) => {
                Err(Error::NotConsecutive { axis })
            }
            _ => Ok(Recipe { scheme, arithmetic: Some(&self.arithmetic) }),
        }
    }
}
