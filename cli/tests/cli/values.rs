//! `absmax values`: the examples of the specification, to the digit.

use crate::common::absmax;

#[test]
fn examples() {
    let examples: [(&[&str], &str); 5] = [
        (
            &["1", "-1", "0.5", "-0.5"],
            r#"{"quantized":[127,-127,64,-64],"scale":0.007874,"dequantized":[1,-1,0.5039,-0.5039]}"#,
        ),
        (
            &["0", "0.5", "1", "1.5", "2"],
            r#"{"quantized":[0,32,64,95,127],"scale":0.015748,"dequantized":[0,0.5039,1.0079,1.4961,2]}"#,
        ),
        (
            &["-5", "-2.5", "0", "2.5", "5"],
            r#"{"quantized":[-127,-64,0,64,127],"scale":0.03937,"dequantized":[-5,-2.5197,0,2.5197,5]}"#,
        ),
        (&["0", "0", "0"], r#"{"quantized":[0,0,0],"scale":1,"dequantized":[0,0,0]}"#),
        (
            &["-1e3", "-.5", "1E3", "-0"],
            r#"{"quantized":[-127,0,127,0],"scale":7.874016,"dequantized":[-1000,0,1000,0]}"#,
        ),
    ];
    for (values, expected) in examples {
        let run = absmax(["values"].iter().chain(values)).succeeded();
        assert_eq!(run.stdout, format!("{expected}\n"));
        assert_eq!(run.stderr, "");
    }
}

/// Numbers of any size keep four significant digits.
#[test]
fn small_numbers() {
    let examples: [(&[&str], &str); 3] = [
        (
            &["1e-6", "-2.5e-7"],
            r#"{"quantized":[127,-32],"scale":7.874e-9,"dequantized":[1e-6,-2.52e-7]}"#,
        ),
        (&["1e-30", "0"], r#"{"quantized":[127,0],"scale":7.874e-33,"dequantized":[1e-30,0]}"#),
        (&["1", "0.008"], r#"{"quantized":[127,1],"scale":0.007874,"dequantized":[1,0.007874]}"#),
    ];
    for (values, expected) in examples {
        let run = absmax(["values"].iter().chain(values)).succeeded();
        assert_eq!(run.stdout, format!("{expected}\n"));
    }
}

#[test]
fn values_that_are_not_finite_are_named() {
    absmax(["values", "1", "nan"]).failed_with(&["NaN", "index 1"]);
    absmax(["values", "1", "2", "-inf"]).failed_with(&["-inf", "index 2"]);
    absmax(["values", "1e39"]).failed_with(&["inf", "index 0"]);
}
