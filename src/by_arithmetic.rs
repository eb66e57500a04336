//! Operations by another program's arithmetic.

use crate::drive::Sets;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::{
    Arithmetic, Backend, Element, Error, Granularity, Integer, QuantizedMut, Result, Rows, Scheme,
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
