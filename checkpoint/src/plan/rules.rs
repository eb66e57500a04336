//! Which tensors are quantized, and why the others are not.

use std::fmt;
use std::sync::LazyLock;

use anyhow::{bail, ensure};
use regex::Regex;
use safetensors::tensor::{Dtype, TensorInfo};

use crate::format::header::Tensor;
use crate::scheme::module_pattern::ModulePattern;
use crate::source::checkpoint::Checkpoint;

/// Modules whose two-dimensional weights are not those of a Linear, or whose error costs more than
/// it saves: heads, embeddings, norms, and the gates and routers of experts.
static NOT_LINEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("lm_head|embed|norm|gate$|router|wte|wpe|position|token_type")
        .expect("the pattern is valid")
});

/// The Linear-like layers that GPT-2 and its kin make as `Conv1D`.
const CONV1D: [&str; 4] = ["c_attn", "c_proj", "c_fc", "q_attn"];

/// Names that other quantizers give to what they add to a weight.
const QUANTIZED_SUFFIXES: [&str; 8] = [
    ".weight_scale",
    ".weight_scale_inv",
    ".weight_packed",
    ".weight_zero_point",
    ".weight_format",
    ".qweight",
    ".SCB",
    ".weight.absmax",
];

/// Why a tensor is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    NotAWeight,
    Dimensions(usize),
    NotFloating,
    UnsupportedDtype(Dtype),
    Empty,
    Ignored(String),
    NotLinear(String),
    Conv1d,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAWeight => f.write_str("not a weight"),
            Self::Dimensions(1) => f.write_str("1 dimension"),
            Self::Dimensions(n) => write!(f, "{n} dimensions"),
            Self::NotFloating => f.write_str("not floating-point"),
            Self::UnsupportedDtype(dtype) => write!(f, "{dtype} is not supported"),
            Self::Empty => f.write_str("no values"),
            Self::Ignored(pattern) => write!(f, "--ignore {pattern}"),
            Self::NotLinear(part) => write!(f, "{part} in its name"),
            Self::Conv1d => f.write_str("Conv1D, stored [in, out]"),
        }
    }
}

/// The rules for one checkpoint.
#[derive(Debug)]
pub struct Rules<'a> {
    pub ignore: &'a [ModulePattern],
    pub has_conv1d: bool,
}

impl Rules<'_> {
    /// The shape [out, in] of a weight that is quantized, or why a tensor is kept.
    pub fn quantizes(&self, tensor: &Tensor) -> Result<[usize; 2], Reason> {
        let TensorInfo { dtype, shape, .. } = &tensor.info;
        let module = tensor.name.strip_suffix(".weight").ok_or(Reason::NotAWeight)?;
        let shape: [usize; 2] =
            shape[..].try_into().map_err(|_| Reason::Dimensions(shape.len()))?;
        if !is_floating(*dtype) {
            return Err(Reason::NotFloating);
        }
        if let Some(pattern) = self.ignore.iter().find(|pattern| pattern.matches(module)) {
            return Err(Reason::Ignored(pattern.to_string()));
        }
        if let Some(part) = NOT_LINEAR.find(module) {
            return Err(Reason::NotLinear(part.as_str().to_owned()));
        }
        let layer = module.rsplit('.').next().unwrap_or(module);
        if self.has_conv1d && CONV1D.contains(&layer) {
            return Err(Reason::Conv1d);
        }
        if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(Reason::UnsupportedDtype(*dtype));
        }
        if shape.contains(&0) {
            return Err(Reason::Empty);
        }
        Ok(shape)
    }
}

/// The module that a loader may take for a Linear because of this tensor.
pub fn linear_like(tensor: &Tensor) -> Option<&str> {
    let module = tensor.name.strip_suffix(".weight")?;
    (tensor.info.shape.len() == 2 && is_floating(tensor.info.dtype)).then_some(module)
}

fn is_floating(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16) || is_narrow_float(dtype)
}

fn is_narrow_float(dtype: Dtype) -> bool {
    use Dtype::*;
    matches!(
        dtype,
        F4 | F6_E2M3 | F6_E3M2 | F8_E5M2 | F8_E4M3 | F8_E8M0 | F8_E4M3FNUZ | F8_E5M2FNUZ
    )
}

/// An error if the checkpoint is quantized already: its integers would be taken for weights.
pub fn refuse_quantized(checkpoint: &Checkpoint) -> anyhow::Result<()> {
    let already = "the checkpoint is already quantized";
    if let Some(key) = checkpoint.config.quantized_by() {
        bail!("{already}: its config.json has a {key}");
    }
    for shard in &checkpoint.shards {
        for tensor in &shard.header.tensors {
            let (name, info) = (&tensor.name, &tensor.info);
            let marked = QUANTIZED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
            ensure!(!marked, "{already}: {} holds tensor {name}", shard.name);
            let is_weight = name.ends_with(".weight") && info.shape.len() == 2;
            let is_narrow = info.dtype == Dtype::I8 || is_narrow_float(info.dtype);
            ensure!(!(is_weight && is_narrow), "{already}: tensor {name} is {}", info.dtype);
        }
    }
    Ok(())
}
