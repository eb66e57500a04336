//! `absmax demo` shows a model quantized and finds it right.

use crate::common::absmax;

#[test]
fn demo_passes() {
    let run = absmax(["demo"]).succeeded();
    for part in [
        "model.layers.3.mlp.down_proj.weight",
        "2,949,120 integers and 9,728 scales",
        "0 differences",
        "other 11 tensors are unchanged",
    ] {
        assert!(run.stdout.contains(part), "{part:?} is not in {}", run.stdout);
    }
    let last = run.stdout.lines().last().unwrap();
    assert_eq!(last, "cargo run --release -- quantize PATH/TO/MODEL -o PATH/TO/OUT");
    assert_eq!(run.stderr, "");
}
