//! The comparisons themselves: a wrong expectation is noticed, and told with all that is needed to see it
//! again.

use absmax::{Backend, QuantParams, Scheme};
use absmax_proof::compare::{Board, Kernel, Placed};
use absmax_proof::{Effort, Session, checks, expected};

fn board() -> Board {
    Session::new(Backend::available(), Effort::Quick).board_without_control()
}

#[test]
fn a_wrong_expectation_is_a_mismatch_in_one_place() {
    let x: Vec<f32> = (0..100).map(|i| i as f32 - 50.0).collect();
    let x = Placed::new(&x, 5, f32::NAN);
    let params = QuantParams::symmetric(0.5).unwrap();
    let mut wrong: Vec<i8> = expected::quantize_with(&x, params);
    let mut board = board();
    board.quantize_with(&x, params, &wrong);
    wrong[77] += 1;
    board.quantize_with(&x, params, &wrong);
    let outcome = board.outcome();
    assert!(!outcome.passed());
    for counts in &outcome.backends {
        assert_eq!((counts.cases, counts.mismatches), (200, 1), "{}", counts.name);
    }
    let text = outcome.to_string();
    for told in ["quantize_with", "100 f32, 5 after a cache line", "0x41d80000 (27.0) at index 77"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn a_wrong_scale_or_zero_point_is_a_mismatch() {
    let x = Placed::new(&[1.0f32, -3.0], 0, f32::NAN);
    let right = expected::quantize_tensor::<f32, u8>(&x, &[2], Scheme::uint8()).unwrap();
    let (mut scale, mut zero_point) = (right.clone(), right);
    scale.scales[0] = scale.scales[0].next_up();
    zero_point.zero_points[0] += 1;
    for wrong in [scale, zero_point] {
        let mut board = board();
        board.quantize_tensor(&x, &[2], Scheme::uint8(), &Ok(wrong));
        assert!(board.outcome().backends.iter().all(|counts| counts.mismatches == 1));
    }
}

#[test]
fn what_nobody_computed_has_not_passed() {
    assert!(!board().outcome().passed());
    assert!(!Session::new([], Effort::Quick).board().outcome().passed());
}

#[test]
fn every_operation_is_compared_and_has_a_control_that_is_caught() {
    let session = Session::new(Backend::available(), Effort::Quick);
    let mut compared = Vec::new();
    for check in checks::of(Effort::Quick) {
        let outcome = check.run(&session).unwrap();
        assert!(outcome.passed(), "{outcome}");
        let control = outcome.control.expect("the control takes part in every quick check");
        compared.extend(control.kernels.iter().map(|counts| counts.kernel.name()));
    }
    for kernel in Kernel::ALL {
        assert!(compared.contains(&kernel.name()), "{} has no control", kernel.name());
    }
}

#[test]
fn the_division_is_enumerated_and_its_control_is_wrong_once() {
    let session = Session::new(Backend::available(), Effort::Quick);
    let divisions = checks::divisions(&session);
    assert_eq!(divisions.len(), Backend::available().count());
    assert!(divisions.iter().all(|division| division.passed()), "{divisions:?}");
}
