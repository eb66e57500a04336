//! The pieces in which tensors are worked on.

use std::ops::Range;

/// The number of elements of one slab of whole rows, unless a single row has more. What is read,
/// the integers and the values that they stand for fit the second-level cache together.
pub(crate) const SLAB: usize = 1 << 17;

/// The number of elements of the longest row that is not cut. Kernels are not interrupted, and take
/// some hundredths of a second for so many elements.
pub(crate) const LONGEST: usize = 1 << 22;

/// Whole rows of a tensor, or a part of one row: elements that lie one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Span {
    /// The span of all of a tensor.
    pub(crate) fn whole([rows, row_len]: [usize; 2]) -> Self {
        Self { rows: 0..rows, columns: 0..row_len }
    }

    pub(crate) fn shape(&self) -> [usize; 2] {
        [self.rows.len(), self.columns.len()]
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// The index of the first element of the span, in a tensor whose rows have `row_len` elements.
    pub(crate) fn start(&self, row_len: usize) -> usize {
        self.rows.start * row_len + self.columns.start
    }

    /// The indices of the elements of the span, in a tensor whose rows have `row_len` elements.
    pub(crate) fn elements(&self, row_len: usize) -> Range<usize> {
        let start = self.start(row_len);
        start..start + self.len()
    }

    /// The row and the column of element number `index` of the span.
    pub(crate) fn position(&self, index: usize) -> [usize; 2] {
        let row_len = self.columns.len().max(1);
        [self.rows.start + index / row_len, self.columns.start + index % row_len]
    }

    /// Cuts the span into slabs. A slab is some whole rows, or a part of a row that is too long.
    /// The number of elements of such a part is a multiple of `align`, except for the last part of
    /// a row. A span without elements has no slabs.
    pub(crate) fn slabs(self, align: usize) -> impl Iterator<Item = Self> + Send + use<> {
        let Self { rows, columns } = self;
        let width = columns.len();
        let (row_step, column_step) = if width <= LONGEST {
            (SLAB.checked_div(width).unwrap_or(1).max(1), width.max(1))
        } else {
            (1, (SLAB / align * align).max(align))
        };
        let firsts = rows.clone().step_by(row_step);
        firsts.flat_map(move |first| {
            let (rows, columns) = (first..rows.end.min(first + row_step), columns.clone());
            columns.clone().step_by(column_step).map(move |start| Self {
                rows: rows.clone(),
                columns: start..columns.end.min(start + column_step),
            })
        })
    }
}
