//! One matrix that is to be quantized: all that was checked, in one value. Parts of it are jobs as
//! well, so bands, strips and tasks are quantized as a whole matrix is.

use absmax::{Backend, Element, QuantizedMut, Rows, RowsMut};

use crate::fault::Checked;
use crate::matrix::Matrix;
use crate::outputs::{Given, Targets};
use crate::scheme::Recipe;
use crate::types::{Float, with_byte, with_float};

/// What is quantized, how, and to where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) backend: Backend,
    pub(crate) recipe: Recipe,
    pub(crate) x: Matrix,
    pub(crate) float: Float,
    pub(crate) given: Option<Given>,
    pub(crate) to: Targets,
}

impl Job {
    /// The job of some rows, whose integers go to other rows. It has the sets of its rows, or all.
    pub(crate) fn part(self, first: usize, rows: usize, q: Matrix) -> Self {
        let x = self.x.part(first, rows);
        match self.recipe.sets_of_row(self.x.row_len()) {
            None => Self { x, to: self.to.with_integers(q), ..self },
            Some(of_row) => {
                let (first, sets) = (first * of_row, rows * of_row);
                let given = self.given.map(|given| given.part(first, sets));
                Self { x, given, to: self.to.part(q, first, sets), ..self }
            }
        }
    }

    /// Quantizes by the functions of absmax, which allocate nothing unless scales are per column.
    ///
    /// # Safety
    ///
    /// All memory is the caller's as absmax.h says.
    pub(crate) unsafe fn run(self) -> Checked {
        let Self { recipe, x, given, to, .. } = self;
        let by = self.backend.by(recipe.arithmetic);
        let padded = to.q.row_len() > x.row_len();
        with_float!(self.float, T => with_byte!(recipe.scheme.is_unsigned(), Q => {
            // SAFETY: the caller vouches for the memory, and the types are those of the codes.
            let (x, out) = unsafe { (x.get::<T>()?, to.quantized::<Q>()?) };
            let out = if padded { out.with_padding() } else { out };
            match given {
                None => by.quantize_rows(recipe.scheme, x, out)?,
                Some(given) => {
                    // SAFETY: as above.
                    let params = unsafe { given.params() };
                    by.quantize_rows_with(recipe.scheme, x, params, out)?;
                }
            }
        }));
        Ok(())
    }

    /// Checks the parameters that are given, all before a part of the job is done: it quantizes as
    /// many rows of no values.
    ///
    /// # Safety
    ///
    /// As for [`Job::run`].
    pub(crate) unsafe fn check_given(self) -> Checked {
        let Some(given) = self.given else { return Ok(()) };
        let Recipe { scheme, arithmetic } = self.recipe;
        let sets = given.sets();
        // SAFETY: the caller vouches for the memory.
        let params = unsafe { given.params() };
        with_byte!(scheme.is_unsigned(), Q => {
            let q: RowsMut<'_, Q> = RowsMut::new(&mut [], sets, 0)?;
            let x = Rows::<f32>::new(&[], sets, 0)?;
            let out = QuantizedMut::new(q);
            let by = self.backend.by(arithmetic);
            by.quantize_rows_with(scheme.per_channel(0), x, params, out)?;
        });
        Ok(())
    }

    /// The zero point of values that are all zero, which stands for rows that are not there.
    pub(crate) fn zero_point_of_zeros(self) -> Checked<i32> {
        let Recipe { scheme, arithmetic } = self.recipe;
        if scheme.is_symmetric() {
            return Ok(scheme.offset());
        }
        let mut zero_point = [0];
        with_float!(self.float, T => with_byte!(scheme.is_unsigned(), Q => {
            let (x, mut q, mut scale) = ([<T as Element>::from_f32(0.0)], [0 as Q], [0.0f32]);
            let out = QuantizedMut::new(RowsMut::new(&mut q, 1, 1)?)
                .with_scales(&mut scale)
                .with_zero_points(&mut zero_point);
            let by = self.backend.by(arithmetic);
            by.quantize_rows(scheme.per_tensor(), Rows::new(&x, 1, 1)?, out)?;
        }));
        Ok(zero_point[0])
    }
}
