//! The names of files.

pub(crate) const CONFIG: &str = "config.json";

/// The index that loaders look for.
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// The file that loaders prefer to any other.
pub(crate) const SINGLE: &str = "model.safetensors";

/// How the names of files begin that are there only while a run lasts.
pub(crate) const TEMPORARY: &str = ".absmax-";

/// The files of an adapter, which loaders add to the weights beside it.
pub(crate) const ADAPTER_FILES: [&str; 3] =
    ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"];

/// Files in which others keep what they say of quantization, beside the config or instead of it.
pub(crate) const QUANTIZATION_FILES: [&str; 5] = [
    "hf_quant_config.json",
    "quant_config.json",
    "quantization_map.json",
    "quantize_config.json",
    "quanto_qmap.json",
];
