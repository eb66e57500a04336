//! Looks for signs that a checkpoint is quantized already.

use safetensors::Dtype;

use super::checkpoint::Checkpoint;
use crate::architecture::is_narrow_float;
use crate::error::{Error, Result};

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

/// Refuses a checkpoint that is quantized already, because its integers would be taken for weights.
pub(crate) fn refuse_quantized(checkpoint: &Checkpoint) -> Result<()> {
    let already = |sign| Err(Error::AlreadyQuantized { sign });
    if let Some(key) = checkpoint.config.quantized_by() {
        return already(format!("its config.json has a {key}"));
    }
    for shard in &checkpoint.shards {
        for tensor in &shard.header.tensors {
            let (name, info) = (&tensor.name, &tensor.info);
            if QUANTIZED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
                return already(format!("{} holds tensor {name}", shard.name));
            }
            let is_weight = name.ends_with(".weight") && info.shape.len() == 2;
            if is_weight && (info.dtype == Dtype::I8 || is_narrow_float(info.dtype)) {
                return already(format!("tensor {name} is {}", info.dtype));
            }
        }
    }
    Ok(())
}
