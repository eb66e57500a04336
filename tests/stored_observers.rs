//! Observers that are written and read again.
#![cfg(feature = "serde")]

mod common;

use absmax::{Histogram, Observer, Scheme};
use common::observers::{histogram, observed, observers, outliers, values};
use proptest::prelude::*;

fn round_trip(observer: &Observer) -> Observer {
    serde_json::from_str(&serde_json::to_string(observer).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        x in values(300),
        constant in f32::MIN_POSITIVE..=1.0,
        percent in (1..=1000u16).prop_map(|p| f64::from(p) / 10.0),
    ) {
        let settings = [
            Observer::moving_average(constant).unwrap(),
            Observer::percentile(percent).unwrap(),
        ];
        for new in observers().into_iter().chain(settings) {
            let observer = observed(new, &[&x]);
            prop_assert_eq!(&round_trip(&observer), &observer);
        }
        let histogram = histogram(&x);
        let text = serde_json::to_string(&histogram).unwrap();
        prop_assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), histogram);
    }
}

#[test]
fn an_observer_goes_on_where_it_was() {
    for new in observers() {
        let [first, second] = [outliers(3000), outliers(500)];
        let mut read = round_trip(&observed(new.clone(), &[&first]));
        read.observe(&second).unwrap();
        assert_eq!(read, observed(new, &[&first, &second]));
    }
}

#[test]
fn the_format() {
    let x = [-1.0, 1.0, 1.0, 2.5];
    let texts: Vec<String> = observers()
        .into_iter()
        .map(|new| serde_json::to_string(&observed(new, &[&x])).unwrap())
        .collect();
    let histogram = r#"{"bins":[[-16257,1],[16256,2],[16416,1]],"limits":{"min":-1.0,"max":2.5}}"#;
    let average = r#"{"constant":0.009999999776482582,"limits":{"min":-1.0,"max":2.5}}"#;
    assert_eq!(texts[0], r#"{"abs_max":2.5}"#);
    assert_eq!(texts[1], r#"{"min_max":{"min":-1.0,"max":2.5}}"#);
    assert_eq!(texts[2], format!(r#"{{"moving_average":{average}}}"#));
    assert_eq!(texts[3], format!(r#"{{"percentile":{{"percent":99.9,"histogram":{histogram}}}}}"#));
    assert_eq!(texts[4], format!(r#"{{"mse":{{"histogram":{histogram}}}}}"#));
}

#[test]
fn what_is_not_valid_is_refused() {
    let histogram = |bins: &str, limits: &str| {
        let text = format!(r#"{{"bins":{bins},"limits":{limits}}}"#);
        let in_an_observer = format!(r#"{{"mse":{{"histogram":{text}}}}}"#);
        let error = serde_json::from_str::<Histogram>(&text).map(drop).unwrap_err();
        assert!(serde_json::from_str::<Observer>(&in_an_observer).is_err());
        error.to_string()
    };
    let one_to_two = r#"{"min":1.0,"max":2.0}"#;
    let observer =
        |text: &str| serde_json::from_str::<Observer>(text).map(drop).unwrap_err().to_string();
    let other_limits = "the least and the largest value are not in the first and the last bin";
    let cases = [
        (histogram("[[16384,1],[16256,1]]", one_to_two), "bin 16256 follows bin 16384"),
        (histogram("[[16256,1],[16256,1]]", one_to_two), "bin 16256 follows bin 16256"),
        (histogram("[[16256,1],[16384,0]]", one_to_two), "bin 16384 holds no value"),
        (histogram("[[16256,1],[32640,1]]", one_to_two), "bin 32640 is not one of finite"),
        (histogram("[[-32768,1],[16384,1]]", one_to_two), "bin -32768 is not one of finite"),
        (histogram("[[-32641,1],[16384,1]]", one_to_two), "bin -32641 is not one of finite"),
        (histogram("[[16256,-1],[16384,1]]", one_to_two), "invalid value"),
        (histogram("[[16256,1.5],[16384,1]]", one_to_two), "invalid type"),
        (histogram("[[99999,1]]", one_to_two), "invalid value"),
        (histogram("[[16256,1],[16385,1]]", one_to_two), other_limits),
        (histogram("[[16255,1],[16384,1]]", one_to_two), other_limits),
        (histogram("[]", one_to_two), other_limits),
        (histogram("[[16256,1]]", "null"), other_limits),
        (
            histogram("[[16256,1],[16384,1]]", r#"{"min":2.0,"max":1.0}"#),
            "values from 2.0 to 1.0 are not a finite range",
        ),
        (histogram("[[16256,1]]", r#"{"min":1.0,"max":1e39}"#), "values from 1.0 to inf"),
        (histogram("[[16256,1]]", r#"{"min":null,"max":1.0}"#), "invalid type"),
        (observer(r#"{"abs_max":-1.0}"#), "not a finite range"),
        (observer(r#"{"abs_max":1e39}"#), "not a finite range"),
        (observer(r#"{"min_max":{"min":1.0,"max":0.0}}"#), "values from 1.0 to 0.0"),
        (
            observer(r#"{"moving_average":{"constant":0.0,"limits":null}}"#),
            "averaging constant 0 is not above 0",
        ),
        (
            observer(r#"{"moving_average":{"constant":1.5,"limits":null}}"#),
            "averaging constant 1.5",
        ),
        (
            observer(r#"{"percentile":{"percent":100.5,"histogram":{"bins":[],"limits":null}}}"#),
            "percentile 100.5 is not above 0",
        ),
        (observer(r#"{"median":null}"#), "unknown variant"),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "{found:?}, not {expected:?}");
    }
}

/// An odd zero is read as the zero it is.
#[test]
fn a_zero_has_no_sign() {
    let read: Observer = serde_json::from_str(r#"{"min_max":{"min":-0.0,"max":-0.0}}"#).unwrap();
    let (min, max) = read.limits(Scheme::int8()).unwrap();
    assert!(min.is_sign_positive() && max.is_sign_positive());
}
