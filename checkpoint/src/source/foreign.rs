//! Recognises what has weights and is no model of transformers.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::format::names::ADAPTER_FILES;

/// The names that peft and its kin give to the tensors of adapters.
static ADAPTER_TENSOR: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"(^|[._])(lora_(A|B|up|down|mid|embedding_[AB]|magnitude_vector)|hada_w[12](_[ab])?
        |lokr_w[12](_[ab])?|ia3_l|oft_[rR]|boft_[Rs]|vera_lambda_[bd]|prompt_embeddings)(\.|$)";
    Regex::new(&format!("(?x){names}")).expect("the pattern is valid")
});

/// Refuses a directory by the files that only other things than models have.
pub(super) fn refuse_foreign_files(directory: &Path) -> Result<()> {
    let (path, has) = (|| directory.to_path_buf(), |name: &str| directory.join(name).is_file());
    for name in ADAPTER_FILES {
        if has(name) {
            return Err(Error::Adapter { path: path(), sign: name.to_owned() });
        }
    }
    if has("model_index.json") {
        return Err(Error::Diffusers { path: path(), sign: "model_index.json".to_owned() });
    }
    Ok(())
}

/// Refuses what has the files of a model, and other tensors or another config.
pub(super) fn refuse_foreign_content(checkpoint: &Checkpoint) -> Result<()> {
    let path = || checkpoint.source.clone();
    if checkpoint.config.get("_diffusers_version").is_some() {
        let sign = "config.json has a _diffusers_version".to_owned();
        return Err(Error::Diffusers { path: path(), sign });
    }
    // Some models have adapters among their own tensors.
    let mut tensors = checkpoint.tensors();
    match tensors.next() {
        Some(first) if is_of_adapter(&first.name) => {
            let are_all = tensors.all(|tensor| is_of_adapter(&tensor.name));
            let sign = format!("tensor {}", first.name);
            if are_all { Err(Error::Adapter { path: path(), sign }) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// Whether a name is one that peft gives, or another one of a matrix that is added.
fn is_of_adapter(name: &str) -> bool {
    name.starts_with("base_model.model.") || ADAPTER_TENSOR.is_match(name)
}
