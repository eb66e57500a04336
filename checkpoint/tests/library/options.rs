//! Options and reports are the same after they were written and read.

use absmax_checkpoint::{
    CompareOptions, CompareReport, Control, DequantizeOptions, DequantizeReport, InspectOptions,
    InspectReport, QuantizeOptions, QuantizeReport, Reason, SweepOptions, SweepReport, compare,
    dequantize, inspect, plan_quantize, quantize, sweep,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::common::Model;

/// The text of a value, which is that of the value read from it.
#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    text
}

#[test]
fn options() {
    let mut options = QuantizeOptions::default();
    options.scheme = "w4a16,group=64,bits=3,asymmetric".parse().unwrap();
    options.overrides.push("re:.*mlp.*=w8a16,channel,full".parse().unwrap());
    options.ignore = vec!["a.b".parse().unwrap(), "re:.*c=w.*".parse().unwrap()];
    options.clip = "percentile=99.5".parse().unwrap();
    options.replace = true;
    let text = round_trip(&options);
    assert!(text.contains(r#""scheme":"w4a16,group=64,bits=3,asymmetric""#), "{text}");
    assert!(text.contains(r#""overrides":["re:.*mlp.*=w8a16,channel,full"]"#), "{text}");

    let mut options = SweepOptions::default();
    options.tensor = Some("a.weight".to_owned());
    round_trip(&options);
    for text in [
        round_trip(&DequantizeOptions::default()),
        round_trip(&CompareOptions::default()),
        round_trip(&InspectOptions::default()),
    ] {
        assert!(text.starts_with('{'));
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let all: QuantizeOptions = serde_json::from_str("{}").unwrap();
    let default = serde_json::to_string(&QuantizeOptions::default()).unwrap();
    assert_eq!(serde_json::to_string(&all).unwrap(), default);
}

#[test]
fn what_means_nothing_is_refused() {
    for text in [
        r#"{"schema": "w8a8"}"#,
        r#"{"scheme": "w8a8,bits=9"}"#,
        r#"{"ignore": ["re:("]}"#,
        r#"{"clip": "percentile=200"}"#,
    ] {
        assert!(serde_json::from_str::<QuantizeOptions>(text).is_err(), "{text}");
    }
}

#[test]
fn reports() {
    let (model, control) = (Model::small(), Control::new());
    let (source, out, again) =
        (model.source(), model.out(), model.source().with_file_name("again"));
    let mut options = QuantizeOptions::default();
    options.ignore.push("nothing".parse().unwrap());
    round_trip::<QuantizeReport>(&plan_quantize(&source, None, &options, &control).unwrap());
    let report = quantize(&source, &out, &options, &control).unwrap();
    assert_eq!(report.tensors[1].reason, Some(Reason::NotAWeight));
    round_trip::<QuantizeReport>(&report);
    let options = DequantizeOptions::default();
    round_trip::<DequantizeReport>(&dequantize(&out, &again, &options, &control).unwrap());
    let compared = |b| compare(&source, b, &CompareOptions::default(), &control).unwrap();
    round_trip::<CompareReport>(&compared(&out));
    // Without an error the ratio is infinite, which JSON does not have.
    let same = compared(&source);
    assert!(round_trip::<CompareReport>(&same).contains(r#""sqnr_db":null"#));
    let read: CompareReport = serde_json::from_str(&serde_json::to_string(&same).unwrap()).unwrap();
    assert_eq!(read.total.sqnr_db, f64::INFINITY);
    round_trip::<InspectReport>(&inspect(&out, &InspectOptions::default(), &control).unwrap());
    let mut options = SweepOptions::default();
    (options.tensor, options.histogram) = (Some("up.weight".to_owned()), true);
    let report = sweep(&source, &options, &control).unwrap();
    assert_eq!(report.histogram.as_ref().unwrap().counts.iter().sum::<u64>(), 96);
    round_trip::<SweepReport>(&report);
}
