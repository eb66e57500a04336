//! The marks that the project sets itself, as ratios within one run.

use crate::measure::Timings;
use crate::operations::Operation;
use crate::operations::names::{
    ABSMAX, ABSMAX_AVX2, INT8, PLAIN, Q8_0, ROWS, RTEN, VDIVPS_256, VDIVPS_512, WIDE,
};
use crate::table;

/// A mark: `ours` has to be so many times as fast as `theirs`, at this size.
struct Mark {
    operation: Operation,
    ours: &'static str,
    theirs: &'static str,
    at_least: f64,
    elements: usize,
}

const K4: usize = 4 << 10;
const K64: usize = 64 << 10;
const M1: usize = 1 << 20;
const M16: usize = 16 << 20;
const M256: usize = 256 << 20;

/// Every mark.
fn all() -> impl Iterator<Item = Mark> {
    use Operation::{
        AbsMax, Affine, AffineWith, Bf16, Columns, Dequantize, Groups, Packed, Quantize,
        QuantizeWith,
    };

    let of = |operation, ours, theirs, bounds: &'static [(usize, f64)]| {
        bounds.iter().map(move |&(elements, at_least)| Mark {
            operation,
            ours,
            theirs,
            at_least,
            elements,
        })
    };
    [
        of(AbsMax, ABSMAX, RTEN, &[(K4, 1.2), (K64, 1.0), (M1, 1.0), (M16, 1.0), (M256, 1.0)]),
        of(
            QuantizeWith,
            ABSMAX,
            RTEN,
            &[(K4, 1.0), (K64, 1.0), (M1, 1.0), (M16, 1.0), (M256, 1.0)],
        ),
        of(QuantizeWith, ABSMAX, VDIVPS_512, &[(K4, 4.0), (K64, 4.0)]),
        of(QuantizeWith, ABSMAX_AVX2, VDIVPS_256, &[(K4, 3.0)]),
        of(Quantize, ABSMAX, RTEN, &[(K4, 1.15), (K64, 1.0), (M1, 1.0), (M16, 1.0), (M256, 1.1)]),
        of(Dequantize, ABSMAX, PLAIN, &[(M256, 1.8)]),
        of(Groups, ABSMAX, Q8_0, &[(K4, 20.0), (K64, 20.0), (M1, 20.0), (M16, 20.0)]),
        of(
            Groups,
            ABSMAX,
            VDIVPS_512,
            &[(K4, 1.0), (K64, 1.0), (M1, 1.0), (M16, 1.0), (M256, 1.0)],
        ),
        of(AffineWith, ABSMAX, RTEN, &[(K4, 0.85), (K64, 0.85)]),
        of(Affine, ABSMAX, RTEN, &[(K4, 0.85), (K64, 0.85)]),
        of(Columns, ABSMAX, ROWS, &[(M16, 0.6)]),
        of(Packed, ABSMAX, INT8, &[(M16, 1.0 / 1.15)]),
        of(Bf16, ABSMAX, WIDE, &[(M256, 1.5)]),
    ]
    .into_iter()
    .flatten()
}

/// Prints every mark with what was measured. Returns whether a mark was met and none was missed.
pub(crate) fn report(results: &[(Operation, Vec<Timings>)]) -> bool {
    let (mut met, mut missed) = (0, 0);
    for mark in all() {
        let timings = results.iter().filter(|(operation, _)| *operation == mark.operation);
        let timings = timings.flat_map(|(_, timings)| timings);
        let ratio = timings
            .filter(|timings| timings.elements == mark.elements)
            .find_map(|timings| timings.ratio(mark.ours, mark.theirs));
        let (verdict, measured) = match ratio {
            Some(ratio) if ratio >= mark.at_least => ("met", format!("{ratio:.3}")),
            Some(ratio) => ("MISSED", format!("{ratio:.3}")),
            None => ("not run", "-".to_owned()),
        };
        met += usize::from(verdict == "met");
        missed += usize::from(verdict == "MISSED");
        println!(
            "{verdict:8} {measured:>7} >= {:<5.2} {}, {}: {} / {}",
            mark.at_least,
            mark.operation,
            table::elements(mark.elements),
            mark.ours,
            mark.theirs,
        );
    }
    println!("{met} met, {missed} missed, {} not run", all().count() - met - missed);
    met > 0 && missed == 0
}
