//! The schemes of checkpoints by their texts, for the Python side, so that they are read in one
//! place.

use absmax_checkpoint::{Granularity, SchemeName, WeightScheme};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refused;

/// What a text such as "w4a16,group=64" says of weights [out, in]: the scheme and keywords that
/// `quantize` takes for them, and whether activations are quantized, too.
#[pyfunction]
pub(crate) fn _weight_scheme<'py>(
    py: Python<'py>,
    text: &str,
) -> PyResult<(String, Bound<'py, PyDict>, bool)> {
    let scheme: WeightScheme = text.parse().map_err(|error| refused(format!("scheme: {error}")))?;
    let options = PyDict::new(py);
    options.set_item("symmetric", scheme.is_symmetric())?;
    match scheme.granularity() {
        Granularity::Tensor => {}
        Granularity::Channel => options.set_item("axis", 0)?,
        Granularity::Group(size) => options.set_item("group", size)?,
    }
    // The text names a range that is not the default one.
    let shown = scheme.to_string();
    if let Some(range) = shown.split(',').find(|word| matches!(*word, "narrow" | "full")) {
        options.set_item("range", range)?;
    }
    Ok((format!("int{}", scheme.bits()), options, scheme.name() == SchemeName::W8a8))
}
