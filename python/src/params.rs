//! Scales and zero points that the caller gives.

use half::{bf16, f16};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};
use pyo3::{PyTypeInfo, intern};

use crate::array::Array;
use crate::cut::Cut;
use crate::dtype::Dtype;
use crate::error::refused;
use crate::kernels::Numbers;
use crate::layout::Laid;

/// Scales and zero points of all scale groups.
pub(crate) struct Given {
    scales: Vec<f32>,
    zero_points: Vec<i32>,
}

impl Given {
    /// What the caller gives for the scale groups of a cut: numbers or arrays.
    pub(crate) fn of(
        scale: &Bound<'_, PyAny>,
        zero_point: Option<&Bound<'_, PyAny>>,
        cut: &Cut,
    ) -> PyResult<Self> {
        let scales = scales(scale, cut)?;
        let zero_points = zero_point.map(|z| zero_points(z, cut)).transpose()?.unwrap_or_default();
        Ok(Self { scales, zero_points })
    }

    /// What kernels take.
    pub(crate) fn params(&self) -> Numbers<'_> {
        Numbers { scales: &self.scales, zero_points: &self.zero_points }
    }
}

fn scales(scale: &Bound<'_, PyAny>, cut: &Cut) -> PyResult<Vec<f32>> {
    if is_number::<PyFloat>(scale)
        && let Ok(number) = scale.extract::<f64>()
    {
        return one("scale", number as f32, cut);
    }
    let array = Array::of(scale, "scale", Dtype::FLOATS)?;
    fits(&array, cut)?;
    Ok(match array.dtype {
        Dtype::F16 => values(&array, f16::to_f32),
        Dtype::Bf16 => values(&array, bf16::to_f32),
        _ => values(&array, |scale: f32| scale),
    })
}

fn zero_points(zero_point: &Bound<'_, PyAny>, cut: &Cut) -> PyResult<Vec<i32>> {
    if is_number::<PyInt>(zero_point)
        && let Ok(number) = zero_point.extract::<i64>()
    {
        return one("zero_point", narrowed(number)?, cut);
    }
    let array = Array::of(zero_point, "zero_point", Dtype::INTEGERS)?;
    fits(&array, cut)?;
    Ok(match array.dtype {
        Dtype::I8 => values(&array, |z: i8| i32::from(z)),
        Dtype::U8 => values(&array, |z: u8| i32::from(z)),
        Dtype::I64 => {
            let wide = values(&array, |z: i64| z);
            wide.into_iter().map(narrowed).collect::<PyResult<_>>()?
        }
        _ => values(&array, |z: i32| z),
    })
}

/// Whether an object may be a number: one of Python's, or what has no axes.
fn is_number<P: PyTypeInfo>(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<P>() || {
        let rank = object.getattr(intern!(object.py(), "ndim"));
        rank.and_then(|rank| rank.extract::<usize>()).map_or(true, |rank| rank == 0)
    }
}

fn narrowed(zero_point: i64) -> PyResult<i32> {
    i32::try_from(zero_point).map_err(|_| {
        refused(format!("zero_point: one of the integers expected, {zero_point} found"))
    })
}

/// A number for each scale group, if there is one group.
fn one<T>(name: &str, number: T, cut: &Cut) -> PyResult<Vec<T>> {
    if cut.sets.is_empty() {
        return Ok(vec![number]);
    }
    let shape = &cut.sets;
    Err(refused(format!("{name}: an array of the shape {shape:?} expected, one number found")))
}

/// Checks that an array has a number for each scale group. Axes of length 1 may be more or fewer,
/// so that what was kept for broadcasting fits.
fn fits(array: &Array<'_>, cut: &Cut) -> PyResult<()> {
    let long =
        |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&n| n != 1).collect() };
    if long(&array.shape) == long(&cut.sets) {
        return Ok(());
    }
    let (name, expected, found) = (array.name, &cut.sets, &array.shape);
    Err(refused(format!("{name}: the shape {expected:?} expected, {found:?} found")))
}

/// The elements of a small array, widened.
fn values<T: Copy, U>(array: &Array<'_>, widen: impl Fn(T) -> U) -> Vec<U> {
    let laid = Laid::<T>::of_gapless(array);
    laid.all().iter().map(|&value| widen(value)).collect()
}
