//! Looks for signs that a checkpoint is quantized already.

use safetensors::Dtype;

use super::checkpoint::Checkpoint;
use super::methods::method_of;
use crate::architecture::is_narrow_float;
use crate::error::{Error, Result};
use crate::format::Tensor;
use crate::format::names::QUANTIZATION_FILES;

/// Refuses a checkpoint that is quantized already, in whole or in part, because its integers would
/// be taken for weights, or for what stands beside them. The config may say so or not.
pub(crate) fn refuse_quantized(checkpoint: &Checkpoint) -> Result<()> {
    let names = checkpoint.tensors().map(|tensor| tensor.name.as_str()).collect();
    let by_name = method_of(&names);
    let by_dtype = || checkpoint.tensors().find(|tensor| has_dtype_of_quantized(tensor));
    let sign = if let Some(key) = checkpoint.config.quantized_by() {
        format!("its config.json has a {key}")
    } else if let Some(file) =
        QUANTIZATION_FILES.into_iter().find(|file| checkpoint.has_other(file))
    {
        format!("{file} lies beside it")
    } else if let Some((_, name)) = by_name {
        format!("{} holds tensor {name}", checkpoint.file_of(name))
    } else if let Some(Tensor { name, info }) = by_dtype() {
        format!("tensor {name} is {}", info.dtype)
    } else {
        return Ok(());
    };
    let said = checkpoint.config.quant_method();
    let method = said.or(by_name.map(|(method, _)| method.name.to_owned()));
    let is_readable = by_name.is_some_and(|(method, _)| method.is_readable);
    Err(Error::AlreadyQuantized { method, sign, is_readable })
}

/// Whether a tensor has a type that weights have only if they are quantized.
fn has_dtype_of_quantized(Tensor { name, info }: &Tensor) -> bool {
    use Dtype::{I8, I16, I32, U8, U16, U32};

    let is_weight = name.ends_with(".weight") && info.shape.len() >= 2;
    let is_integer = matches!(info.dtype, I8 | I16 | I32 | U8 | U16 | U32);
    is_narrow_float(info.dtype) || is_weight && is_integer
}
