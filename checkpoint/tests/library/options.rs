//! Options and reports are the same after they were written and read.

use std::str::FromStr;

use absmax_checkpoint::{
    Choices, Clip, CompareOptions, CompareReport, Control, DequantizeOptions, DequantizeReport,
    Error, Granularity, InspectOptions, InspectReport, InvalidOption, ModulePattern, Override,
    QuantizeOptions, QuantizeReport, Reason, SchemeName, SweepOptions, SweepReport, WeightScheme,
    compare, dequantize, inspect, plan_quantize, quantize, sweep,
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
    options.on_ragged = "keep".parse().unwrap();
    let text = round_trip(&options);
    assert!(text.contains(r#""scheme":"w4a16,group=64,bits=3,asymmetric""#), "{text}");
    assert!(text.contains(r#""on_ragged":"keep""#), "{text}");
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
        r#"{"ignore": [""]}"#,
        r#"{"on_ragged": "skip"}"#,
        r#"{"overrides": ["=w8a8"]}"#,
        r#"{"scheme": "w4a16,group=0"}"#,
        r#"{"backend": "avx2"}"#,
    ] {
        assert!(serde_json::from_str::<QuantizeOptions>(text).is_err(), "{text}");
    }
}

/// What a text is refused with.
#[track_caller]
fn refusal<T: FromStr<Err = InvalidOption>>(text: &str) -> String {
    text.parse::<T>().err().expect(text).to_string()
}

#[test]
fn texts_are_refused_in_words() {
    let too_large = format!("group={}0", usize::MAX);
    for (text, problem) in [
        ("group=0", "at least 1"),
        (&too_large, "too large"),
        ("group=-1", "tensor, channel or group=N"),
        ("row", "tensor, channel or group=N"),
    ] {
        let error = refusal::<Granularity>(text);
        assert!(error.starts_with(&format!("{text:?}")) && error.contains(problem), "{error}");
        let scheme = refusal::<WeightScheme>(&format!("w8a8,{text}"));
        assert!(text == "row" || scheme == error, "{scheme}");
    }
    for (text, error) in [
        ("w8a8,", r#""w8a8," ends in a comma"#),
        ("w8a8,narrow,full", r#""full" contradicts "narrow""#),
        ("w8a8,bits=7,bits=6", r#""bits=6" contradicts "bits=7""#),
        ("w8a8,tensor,group=4", r#""group=4" contradicts "tensor""#),
        ("w8a8,asymmetric,asymmetric", r#""asymmetric" is there twice"#),
    ] {
        assert_eq!(refusal::<WeightScheme>(text), error);
    }
    assert!(refusal::<Override>("up=row").starts_with(r#""up=row" has to be NAME=SCHEME"#));
}

#[test]
fn patterns_name_something() {
    for text in ["", "re:"] {
        assert!(refusal::<ModulePattern>(text).contains("names no module"), "{text}");
        assert!(refusal::<Override>(&format!("{text}=w8a8")).contains("names no module"), "{text}");
    }
    let error = refusal::<ModulePattern>(r"re:\d(");
    assert_eq!(error, r"re:\d( is not a regular expression: unclosed group");
    // What would be a pattern only if something stood around it.
    assert!(refusal::<ModulePattern>("re:a)|(b").ends_with("unopened group"));
    assert!(refusal::<ModulePattern>("re:(?=a)").contains("look-around"));
    for (text, part) in [
        (r"re:.*q_proj\z", r"\z"),
        (r"re:\\a\p{L}", r"\p"),
        (r"re:a\b{start}", r"\b{"),
        ("re:(?<n>a)", "(?<n>a)"),
        ("re:(?U)a", "(?U)"),
        ("re:a(?i)b", "(?i)"),
        ("re:(?-u:q)", "(?-u:"),
        ("re:[q&&k]", "&&"),
        ("re:[a--z]", "--"),
        ("re:[[:alpha:]]", "["),
        ("re:(?-i)x", "(?-i)"),
        ("re:.**k_proj", ".**"),
        ("re:ba{2}{3}", "a{2}{3}"),
        ("re:^*x", "^*"),
        (r"re:\b+x", r"\b+"),
        // What they do not give back again in Python, they do here.
        ("re:(?:ax++)", "x++"),
    ] {
        let error = refusal::<ModulePattern>(text);
        assert!(error.contains(&format!("{part:?} is not the same")), "{error}");
    }
    for text in [
        r"re:(?i)a\.b\\z|[]a&]|[^]]|(?P<n>a)(?i:b)(?:c)|[\d-]+",
        "Linear.x",
        r"re:\&&--",
        "re:(?:a+)*b+?(?s-i:c{2}?)",
    ] {
        text.parse::<ModulePattern>().unwrap();
    }
    for text in ["Linear", "Module"] {
        assert!(refusal::<ModulePattern>(text).contains("is a class"), "{text}");
    }
}

/// From the beginning of a name, whatever is in the pattern.
#[test]
fn patterns_match_from_the_beginning() {
    let matches =
        |pattern: &str, module: &str| pattern.parse::<ModulePattern>().unwrap().matches(module);
    for pattern in ["re:b|a", "re:a|b", "re:.*c", "re:(?x) a  # a comment", "re:^a"] {
        assert!(matches(pattern, "a.b.c"), "{pattern}");
    }
    for pattern in ["re:b|c", r"re:\.b", "re:(?m)^b", "re:a$"] {
        assert!(!matches(pattern, "a.b.c"), "{pattern}");
    }
}

/// Options that were made by their values, without a text.
#[test]
fn values_are_checked() {
    let empty = Choices { granularity: Some(Granularity::Group(0)), ..Choices::default() };
    for name in [SchemeName::W8a8, SchemeName::W8a16, SchemeName::W4a16] {
        let error = WeightScheme::new(name, empty).unwrap_err();
        assert!(error.to_string().contains("at least 1"), "{error}");
    }
    let (model, control) = (Model::small(), Control::new());
    let mut options = QuantizeOptions::default();
    for percent in [0.0, -1.0, 100.5, f64::NAN, f64::INFINITY] {
        assert!(format!("percentile={percent}").parse::<Clip>().is_err());
        options.clip = Clip::Percentile(percent);
        let done = quantize(model.source(), model.out(), &options, &control);
        let planned = plan_quantize(model.source(), None, &options, &control);
        for result in [done, planned] {
            assert!(matches!(result, Err(Error::InvalidOption(_))), "{result:?}");
        }
    }
    options.clip = Clip::Percentile(100.0);
    plan_quantize(model.source(), None, &options, &control).unwrap();
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
