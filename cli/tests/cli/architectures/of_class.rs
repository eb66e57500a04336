//! Makes small models whose config names a class, and quantizes them.

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, quantize};

/// A config that names a class and its type.
pub(super) fn class(name: &str, model_type: &str) -> Value {
    json!({ "architectures": [name], "model_type": model_type })
}

/// A small model of these modules, all 8 by 8, whose config names a class.
pub(super) fn of_class(config: &Value, modules: &[&str]) -> Model {
    let tensors: Vec<(String, Tensor)> = modules
        .iter()
        .map(|module| (format!("{module}.weight"), Tensor::random(Dtype::F32, &[8, 8])))
        .collect();
    let tensors: Vec<(&str, Tensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
    Model::new().config(config).weights("model.safetensors", &tensors)
}

/// The report of a model that was quantized, and the modules whose weights were.
#[track_caller]
pub(super) fn quantized(model: &Model, options: &[&str]) -> (Value, Vec<String>) {
    let options = [options, &["--json"]].concat();
    let report = quantize(&model.source(), &model.out(), &options).succeeded().json();
    let tensors = report["tensors"].as_array().unwrap().iter();
    let tensors = tensors.filter(|tensor| tensor["quantized"] == true);
    let names = tensors.map(|t| t["name"].as_str().unwrap().replace(".weight", ""));
    let mut names: Vec<String> = names.collect();
    names.sort();
    (report, names)
}

#[track_caller]
pub(super) fn expect_in_ignore(report: &Value, modules: &[&str]) {
    let ignore = report["ignore"].as_array().unwrap();
    for module in modules {
        assert!(ignore.contains(&json!(module)), "{module} in {ignore:?}");
    }
}
