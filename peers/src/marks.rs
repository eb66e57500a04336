//! The marks that the project sets itself, as ratios within one run.

use crate::measure::Timings;
use crate::operations::{ABSMAX, ABSMAX_AVX2, Operation, PLAIN, RTEN, VDIVPS_256, VDIVPS_512};

/// Ours has to be so many times as fast as theirs, at these sizes.
struct Mark {
    operation: Operation,
    ours: &'static str,
    theirs: &'static str,
    at_least: f64,
    at: fn(usize) -> bool,
}

const SMALL: usize = 4 << 10;
const MEDIUM: usize = 64 << 10;
const LARGE: usize = 256 << 20;

const MARKS: [Mark; 9] = [
    mark(Operation::AbsMax, ABSMAX, RTEN, 1.2, |n| n == SMALL),
    mark(Operation::AbsMax, ABSMAX, RTEN, 1.0, |n| n != SMALL),
    mark(Operation::QuantizeWith, ABSMAX, RTEN, 1.0, |_| true),
    mark(Operation::QuantizeWith, ABSMAX, VDIVPS_512, 4.0, |n| n == SMALL || n == MEDIUM),
    mark(Operation::QuantizeWith, ABSMAX_AVX2, VDIVPS_256, 3.0, |n| n == SMALL),
    mark(Operation::Quantize, ABSMAX, RTEN, 1.15, |n| n == SMALL),
    mark(Operation::Quantize, ABSMAX, RTEN, 1.0, |n| n != SMALL && n != LARGE),
    mark(Operation::Quantize, ABSMAX, RTEN, 1.1, |n| n == LARGE),
    mark(Operation::Dequantize, ABSMAX, PLAIN, 1.8, |n| n == LARGE),
];

const fn mark(
    operation: Operation,
    ours: &'static str,
    theirs: &'static str,
    at_least: f64,
    at: fn(usize) -> bool,
) -> Mark {
    Mark { operation, ours, theirs, at_least, at }
}

/// What was found of the marks.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    lines: Vec<String>,
    missed: bool,
}

impl Marks {
    pub(crate) fn note(&mut self, operation: Operation, results: &[Timings]) {
        for mark in MARKS.iter().filter(|mark| mark.operation == operation) {
            for timings in results.iter().filter(|timings| (mark.at)(timings.elements)) {
                let Some(ratio) = timings.ratio(mark.ours, mark.theirs) else { continue };
                let met = ratio >= mark.at_least;
                self.missed |= !met;
                self.lines.push(format!(
                    "{} {operation}, {} elements: {} {ratio:.2} times {}, to be at least {:.2}",
                    if met { "met   " } else { "MISSED" },
                    timings.elements,
                    mark.ours,
                    mark.theirs,
                    mark.at_least,
                ));
            }
        }
    }

    /// Prints all of them; whether none was missed.
    pub(crate) fn report(&self) -> bool {
        self.lines.iter().for_each(|line| println!("{line}"));
        !self.missed
    }
}
