//! Knows which schemes do not load, or load in fewer places than one may think.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::Warning;
use crate::scheme::{Granularity, SchemeName, WeightScheme};

/// Layers that engines fuse into one, which then needs one scheme.
const FUSED: [&[&str]; 8] = [
    &["q_proj", "k_proj", "v_proj"],
    &["query", "key", "value"],
    &["gate_proj", "up_proj"],
    &["w1", "w3"],
    &["q_a_proj", "kv_a_proj_with_mqa"],
    &["in_proj_qkvz", "in_proj_ba"],
    &["in_proj_qkv", "in_proj_z"],
    &["in_proj_b", "in_proj_a"],
];

/// Group sizes that vLLM has kernels for.
const GROUPS: [usize; 3] = [32, 64, 128];

/// One warning for each thing to know of the modules that are quantized, and of those `kept`.
pub(crate) fn warnings(
    quantized: &BTreeMap<String, WeightScheme>,
    kept: &BTreeSet<String>,
) -> Vec<Warning> {
    let mut schemes: Vec<&WeightScheme> = Vec::new();
    for scheme in quantized.values() {
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    let mixed = (schemes.len() > 1).then(|| {
        "mixed schemes: transformers reads them compressed, which is its default; with \
         dequantize=True it takes the first scheme for all, and some weights for others without a \
         word"
            .to_owned()
    });
    let limits = schemes.into_iter().flat_map(|scheme| {
        limits(scheme).into_iter().map(move |limit| format!("{scheme}: {limit}"))
    });
    let warnings = limits.chain(mixed).chain(unlike_neighbours(quantized, kept));
    warnings.map(Warning::Loaders).collect()
}

/// What loaders do not take of a scheme, in words.
fn limits(scheme: &WeightScheme) -> Vec<String> {
    let (name, granularity) = (scheme.name(), scheme.granularity());
    let mut limits = Vec::new();
    let mut add = |limit: &str| limits.push(limit.to_owned());
    if scheme.has_packed_zero_points() && !scheme.is_symmetric() {
        add("packed zero points load in vLLM, and in transformers only with \
             CompressedTensorsConfig(dequantize=True)");
    }
    if name == SchemeName::W8a8 && !scheme.is_symmetric() {
        add("vLLM multiplies by int8 weights only if they are symmetric");
    }
    match granularity {
        Granularity::Tensor if scheme.is_packed() => {
            add("vLLM loads packed weights by channel or group, not with one scale a tensor");
        }
        Granularity::Group(_) if name == SchemeName::W8a8 => {
            add("vLLM multiplies by int8 weights with a scale for each channel or tensor, not \
                 group");
        }
        Granularity::Group(size) if !GROUPS.contains(&size) => {
            add("vLLM has kernels for groups of 32, 64 and 128");
        }
        _ => {}
    }
    limits
}

/// Layers that would be fused and have different schemes.
fn unlike_neighbours(
    quantized: &BTreeMap<String, WeightScheme>,
    kept: &BTreeSet<String>,
) -> Vec<String> {
    let text = |module: &str| match quantized.get(module) {
        Some(scheme) => Some(scheme.to_string()),
        None => kept.contains(module).then(|| "not quantized".to_owned()),
    };
    let mut warnings = Vec::new();
    for layers in FUSED {
        for module in quantized.keys().chain(kept) {
            let Some(prefix) = module.strip_suffix(layers[0]) else { continue };
            let scheme = text(module);
            let others = layers[1..].iter().map(|layer| format!("{prefix}{layer}"));
            let unlike = others
                .map(|other| (text(&other), other))
                .find(|(found, _)| found.is_some() && *found != scheme);
            if let (Some(scheme), Some((Some(found), other))) = (scheme, unlike) {
                warnings.push(format!(
                    "{module} is {scheme}, {other} is {found}: vLLM fuses them and wants one scheme"
                ));
            }
        }
    }
    warnings
}
