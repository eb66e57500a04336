//! The methods by which others quantize, and the tensors that each of them leaves.

use std::collections::BTreeSet;

/// A method, and how the tensors of a module that it has quantized are called.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// What a module's tensors add to its name. All of them are there.
    parts: &'static [&'static str],
    /// Whether the weights can be read again.
    pub(super) is_readable: bool,
}

/// The methods in the order in which they are looked for: those that cannot be read first, and what
/// several have in common after what only one has.
const METHODS: [Method; 34] = [
    unreadable("AQLM", &[".codes", ".codebooks"]),
    unreadable("GPTQ", &[".qweight", ".qzeros", ".g_idx"]),
    unreadable("AWQ", &[".qweight", ".qzeros"]),
    unreadable("FP-Quant", &[".qweight", ".forward_hadamard_matrix"]),
    unreadable("GPTQ or its kin", &[".qweight"]),
    unreadable("EXL2", &[".q_weight"]),
    unreadable("EXL3", &[".trellis"]),
    unreadable("bitsandbytes", &[".SCB"]),
    unreadable("bitsandbytes", &[".weight_format"]),
    unreadable("bitsandbytes", &[".weight.absmax"]),
    unreadable("bitsandbytes", &[".weight.quant_map"]),
    unreadable("MLX", &[".scales", ".biases", ".weight"]),
    unreadable("quanto", &[".weight._data"]),
    unreadable("quanto", &[".weight._scale"]),
    unreadable("HQQ", &[".W_q"]),
    unreadable("MXFP4", &["_blocks", "_scales"]),
    unreadable("SpQR", &[".dense_weights"]),
    unreadable("VPTQ", &[".indices", ".centroids.weight"]),
    unreadable("QuIP#", &[".Qidxs"]),
    unreadable("HIGGS", &[".tables", ".scales"]),
    unreadable("EETQ", &[".weight_scales"]),
    unreadable("torchao", &["weight_qdata"]),
    unreadable("torchao", &["weight:qdata"]),
    unreadable("Quark", &[".weight_quantizer.scale"]),
    unreadable("NVFP4", &[".weight_scale_2"]),
    unreadable("NVFP4", &[".weight_global_scale"]),
    unreadable("compressed-tensors, sparse", &[".compressed", ".bitmask"]),
    unreadable("compressed-tensors", &[".weight_g_idx"]),
    readable("FP8", &[".weight_scale_inv"]),
    unreadable("FP8", &["_scale_inv"]),
    readable("compressed-tensors", &[".weight_packed"]),
    readable("compressed-tensors or FP8", &[".weight_scale"]),
    unreadable("compressed-tensors", &[".weight_zero_point"]),
    unreadable("compressed-tensors", &[".weight_shape"]),
];

const fn readable(name: &'static str, parts: &'static [&'static str]) -> Method {
    Method { name, parts, is_readable: true }
}

const fn unreadable(name: &'static str, parts: &'static [&'static str]) -> Method {
    Method { name, parts, is_readable: false }
}

/// The first method whose tensors are there, and one of them.
pub(super) fn method_of<'a>(names: &BTreeSet<&'a str>) -> Option<(&'static Method, &'a str)> {
    METHODS.iter().find_map(|method| {
        let has_all = |name: &&&str| {
            let module = name.strip_suffix(method.parts[0]);
            let has =
                |module: &str, part: &&str| names.contains(format!("{module}{part}").as_str());
            module.is_some_and(|module| method.parts[1..].iter().all(|part| has(module, part)))
        };
        names.iter().find(has_all).map(|name| (method, *name))
    })
}
