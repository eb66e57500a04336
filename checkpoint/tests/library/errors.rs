//! Errors say what they are about in fields, and never in options of a command line.

use std::error::Error as _;
use std::fs;

use absmax_checkpoint::{
    Control, Error, HeaderError, InspectOptions, QuantizeOptions, RaggedWeight, Reason,
    SweepOptions, inspect, plan_quantize, quantize, sweep,
};

use crate::common::Model;

#[track_caller]
fn error(model: &Model, options: &QuantizeOptions) -> Error {
    let error = quantize(model.source(), model.out(), options, &Control::new()).unwrap_err();
    assert_eq!(model.names(), ["source"]);
    assert!(!error.to_string().contains("--"), "{error}");
    error
}

#[test]
fn values_that_are_not_finite() {
    let values: Vec<u8> =
        [1.0, 2.0, f32::NAN, 4.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let model = Model::new(&[("a.up.weight", "F32", &[2, 2])], &values);
    let error = error(&model, &QuantizeOptions::default());
    assert!(matches!(&error, Error::File { file, .. } if file.ends_with("model.safetensors")));
    let Error::NotFinite { tensor, row: 1, column: 0, value } = error.root() else {
        panic!("{error:?}");
    };
    assert_eq!((tensor.as_str(), value.is_nan()), ("a.up.weight", true));
}

#[test]
fn files_that_are_not_valid() {
    let model = Model::small();
    let path = model.source().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = error(&model, &QuantizeOptions::default());
    let Error::InvalidWeights { path, source: HeaderError::Truncated { len, needed, .. } } = &error
    else {
        panic!("{error:?}");
    };
    assert!(path.ends_with("model.safetensors"));
    assert_eq!((*len, *needed), (bytes.len() as u64 - 1, bytes.len() as u64));
    assert!(error.source().is_some());
}

#[test]
fn groups_that_do_not_divide_a_row() {
    let mut options = QuantizeOptions::default();
    options.scheme = "w4a16,group=7".parse().unwrap();
    let error = error(&Model::small(), &options);
    let Error::UnevenGroups { weights, divisor: 6, power_of_two: 4 } = error else {
        panic!("{error:?}")
    };
    let tensor = "up.weight".to_owned();
    assert_eq!(weights, [RaggedWeight { tensor, row_len: 24, group_size: 7 }]);
}

#[test]
fn nothing_to_quantize() {
    let mut options = QuantizeOptions::default();
    options.ignore.push("up".parse().unwrap());
    let error = error(&Model::small(), &options);
    let Error::NothingToQuantize { tensors: 2, kept, .. } = error else { panic!("{error:?}") };
    assert_eq!(kept, [(Reason::Ignored("up".to_owned()), 1), (Reason::NotAWeight, 1)]);
}

#[test]
fn out_that_exists() {
    let model = Model::small();
    fs::create_dir(model.out()).unwrap();
    let options = QuantizeOptions::default();
    let error = plan_quantize(model.source(), Some(&model.out()), &options, &Control::new());
    assert!(matches!(error, Err(Error::OutExists { out }) if out == model.out()));
}

#[test]
fn tensors_that_are_not_there_or_not_quantized() {
    let model = Model::small();
    let mut options = SweepOptions::default();
    options.tensor = Some("up.wieght".to_owned());
    let error = sweep(model.source(), &options, &Control::new()).unwrap_err();
    let Error::NoSuchTensor { similar, .. } = &error else { panic!("{error:?}") };
    assert_eq!(similar, &["up.weight"]);
    options.tensor = Some("up.bias".to_owned());
    let error = sweep(model.source(), &options, &Control::new()).unwrap_err();
    assert!(matches!(error, Error::KeptTensor { reason: Reason::NotAWeight, .. }), "{error:?}");
    options.bits = vec![4, 9];
    let error = sweep(model.source(), &options, &Control::new()).unwrap_err();
    assert!(matches!(error, Error::InvalidOption(_)), "{error:?}");
}

#[test]
fn paths_that_cannot_be_read() {
    let error = inspect("no/where", &InspectOptions::default(), &Control::new()).unwrap_err();
    let Error::Io { action: "read", path, source } = &error else { panic!("{error:?}") };
    assert_eq!(path.to_str(), Some("no/where"));
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
}

/// An empty path is seen.
#[test]
fn paths_that_are_empty() {
    let model = Model::small();
    let options = QuantizeOptions::default();
    let error = quantize("", model.out(), &options, &Control::new()).unwrap_err();
    assert_eq!(error.to_string(), r#"cannot read """#);
    let error = quantize(model.source(), "", &options, &Control::new()).unwrap_err();
    assert_eq!(error.to_string(), r#"cannot use "" as OUT"#);
}
