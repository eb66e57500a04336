//! Checks that arguments fit one another, before anything is written.

use crate::drive::Sets;
use crate::environment::Environment;
use crate::error::same_length;
use crate::set_outputs::SetOutputs;
use crate::set_params::Params;
use crate::stored::ZeroPoints;
use crate::{Error, Integer, Result, RowsMut, ScaleType, Scheme, Tiles};

/// Checks that `y` has this number of rows and this number of values in a row, or more values if it
/// is `padded`.
pub(crate) fn same_layout<U>(
    [rows, row_len]: [usize; 2],
    y: &RowsMut<'_, U>,
    padded: bool,
) -> Result<()> {
    same_length("rows of the output", rows, y.rows())?;
    if padded && y.row_len() > row_len {
        return Ok(());
    }
    same_length("a row of the output", row_len, y.row_len())
}

/// Checks that integers of a matrix, or the tiles that they are interleaved to, fit `q`.
pub(crate) fn fit_integers(
    shape: [usize; 2],
    q: &RowsMut<'_, i8>,
    padded: bool,
    tiles: Option<Tiles>,
) -> Result<()> {
    match tiles {
        Some(tiles) => tiles.fit(shape, [q.rows(), q.row_len()], padded),
        None => same_layout(shape, q, padded),
    }
}

/// Checks that the outputs for sets, of `len` values together, are those that a scheme needs.
#[inline(always)]
pub(crate) fn fit_outputs<Q: Integer>(
    scheme: Scheme,
    sets: Sets,
    len: usize,
    to: &SetOutputs<'_>,
) -> Result<()> {
    let count = sets.count()?;
    same_length("scales", count, to.scales.len())?;
    let zero_points = if scheme.is_symmetric() { 0 } else { count };
    same_length("zero points", zero_points, to.zero_points.len())?;
    fit::<Q>(scheme)?;
    fit_zero_points(scheme, to.zero_points.read())?;
    let buffer = to.scales.scale_type();
    if buffer != ScaleType::F32 && buffer != scheme.scale_type() {
        return Err(Error::ScaleTypeMismatch { scheme: scheme.scale_type(), buffer });
    }
    fit_sums(scheme, sets, len, to)
}

/// Checks that `Q` is the type of the scheme's integers.
pub(crate) fn fit<Q: Integer>(scheme: Scheme) -> Result<()> {
    if Q::UNSIGNED == scheme.is_unsigned() {
        return Ok(());
    }
    let (qmin, qmax) = (scheme.qmin(), scheme.qmax());
    Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME })
}

/// Checks that zero points, if there are any, have the type of the scheme's integers, or `i32`.
pub(crate) fn fit_zero_points(scheme: Scheme, zero_points: ZeroPoints<'_>) -> Result<()> {
    match zero_points.misfit(scheme.is_unsigned()) {
        Some(integer) if zero_points.len() > 0 => {
            let (qmin, qmax) = (scheme.qmin(), scheme.qmax());
            Err(Error::IntegerMismatch { qmin, qmax, integer })
        }
        _ => Ok(()),
    }
}

/// Checks that there are parameters of all sets, and that all are valid.
pub(crate) fn valid<'a>(scheme: Scheme, sets: Sets, params: Params<'a>) -> Result<Params<'a>> {
    let params = params.of_scheme(scheme);
    let count = sets.count()?;
    same_length("scales", count, params.len())?;
    if params.zero_points().len() != 0 {
        same_length("zero points", count, params.zero_points().len())?;
    }
    fit_zero_points(scheme, params.zero_points())?;
    let offset = scheme.offset();
    let (qmin, qmax) =
        if scheme.is_symmetric() { (offset, offset) } else { (scheme.qmin(), scheme.qmax()) };
    let _environment = Environment::enter();
    for (set, (scale, zero_point)) in params.iter().enumerate() {
        let scale_fits = scale.is_finite() && scale > 0.0;
        if !scale_fits || !(qmin..=qmax).contains(&zero_point) {
            return Err(Error::InvalidParams { set, scale, zero_point, qmin, qmax });
        }
    }
    Ok(params)
}

/// Checks that there is a place for the sum of each set, and that no sum of so many integers can
/// overflow.
pub(crate) fn fit_sums(scheme: Scheme, sets: Sets, len: usize, to: &SetOutputs<'_>) -> Result<()> {
    if !to.wants_sums() {
        return Ok(());
    }
    let count = sets.count()?;
    if let Some(sums) = &to.sums {
        same_length("sums", count, sums.len())?;
    }
    if let Some(sums) = &to.scaled_sums {
        same_length("scaled sums", count, sums.len())?;
    }
    let largest = scheme.qmax().max(-scheme.qmin()) as usize;
    let (values, limit) = (sets.largest(len), i32::MAX as usize / largest);
    if values > limit { Err(Error::SumOverflow { values, limit }) } else { Ok(()) }
}
