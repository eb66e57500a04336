//! How an array is cut into scale groups, which are the values that share a scale.

use absmax::Scheme;
use pyo3::PyResult;

use crate::error::{refused, value_error};

/// An array cut into scale groups, as a matrix.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) kind: Kind,
    /// The shape of the scales: `()`, the length of the axis, or all axes but the last, and the
    /// groups of a row.
    pub(crate) sets: Vec<usize>,
}

/// Which values of the matrix share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All. Rows may begin at any axis.
    All,
    /// Those of a row, which begins at this axis.
    Rows(usize),
    /// Those of a column. Rows begin at this axis.
    Columns(usize),
    /// So many of a row, which begins at this axis.
    Groups(usize, usize),
    /// Those of a row of each plane: an array `[planes, channels, values]`.
    Planes([usize; 3]),
}

impl Kind {
    /// The axis that begins the rows, unless any will do. The planes are one row.
    pub(crate) const fn row_axis(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Rows(axis) | Self::Columns(axis) | Self::Groups(axis, _) => Some(axis),
            Self::Planes(_) => Some(0),
        }
    }
}

impl Cut {
    /// Cuts an array of some shape by what the caller says.
    pub(crate) fn new(
        shape: &[usize],
        axis: Option<isize>,
        group: Option<usize>,
    ) -> PyResult<Self> {
        let rank = shape.len();
        match (axis, group) {
            (None, None) => Ok(Self { kind: Kind::All, sets: Vec::new() }),
            (Some(axis), None) => Self::by_axis(shape, axis),
            (None, Some(0)) => Err(refused("group: at least 1 expected, 0 found")),
            (None, Some(group)) => {
                let Some((&last, others)) = shape.split_last() else {
                    return Err(refused(
                        "group: an array with at least one axis expected, a scalar found",
                    ));
                };
                let mut sets = others.to_vec();
                sets.push(last.div_ceil(group));
                Ok(Self { kind: Kind::Groups(rank - 1, group), sets })
            }
            (Some(axis), Some(group)) => Err(refused(format!(
                "axis or group expected, both found (axis={axis}, group={group}): groups lie along the last \
                 axis, and each has a scale of its own"
            ))),
        }
    }

    fn by_axis(shape: &[usize], axis: isize) -> PyResult<Self> {
        let rank = shape.len();
        let index = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
        let index = index.and_then(|i| usize::try_from(i).ok()).filter(|&i| i < rank);
        let Some(index) = index else {
            return Err(refused(format!(
                "axis: one of an array of {rank} axes expected, {axis} found"
            )));
        };
        let planes: usize = shape[..index].iter().product();
        let values: usize = shape[index + 1..].iter().product();
        let kind = if planes == 1 {
            Kind::Rows(index + 1)
        } else if values == 1 {
            Kind::Columns(index)
        } else {
            Kind::Planes([planes, shape[index], values])
        };
        Ok(Self { kind, sets: vec![shape[index]] })
    }

    /// The number of scale groups.
    pub(crate) fn count(&self) -> usize {
        self.sets.iter().product()
    }

    /// The scheme of the matrix. Of planes it is that of one of them.
    pub(crate) fn scheme(&self, scheme: Scheme) -> PyResult<Scheme> {
        Ok(match self.kind {
            Kind::All => scheme,
            Kind::Rows(_) | Kind::Planes(_) => scheme.per_channel(0),
            Kind::Columns(_) => scheme.per_channel(1),
            Kind::Groups(_, size) => scheme.per_group(size).map_err(value_error)?,
        })
    }
}
