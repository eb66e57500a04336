//! Finds the tensors that quantized modules have only while they run.

use std::collections::BTreeSet;

use super::place::Place;

/// What quantizers add to the name of a module for its inputs and outputs, and for the order of its
/// weights.
const OF_MODULES: [&str; 9] = [
    ".activation_scale",
    ".input_g_idx",
    ".input_global_scale",
    ".input_scale",
    ".input_scale_ub",
    ".input_zero_point",
    ".output_global_scale",
    ".output_scale",
    ".output_zero_point",
];

/// What they add to the name of an attention for what it caches.
const OF_ATTENTION: [&str; 8] = [
    ".k_scale",
    ".k_zero_point",
    ".kv_scale",
    ".prob_scale",
    ".q_scale",
    ".q_zero_point",
    ".v_scale",
    ".v_zero_point",
];

/// Whether a tensor of a quantized checkpoint is one of these, so that a float model does not have
/// it. Some models have parameters of the same names, but those are not single numbers, and
/// neither of modules whose weights are quantized nor of caches.
pub(super) fn is_of_run_time(
    tensor: &Place,
    quantized: &BTreeSet<String>,
    quantizes_caches: bool,
) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().find_map(|s| tensor.name.strip_suffix(s));
    let is_one_number = tensor.shape.iter().product::<usize>() <= 1;
    if let Some(module) = ends(&OF_MODULES) {
        return is_one_number || quantized.contains(&format!("{module}.weight"));
    }
    ends(&OF_ATTENTION).is_some() && (is_one_number || quantizes_caches)
}
