//! Compares `abs_max` and `min_max`.

use absmax::reference;

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::inputs::{Input, Value};

impl Board {
    /// Compares every subject's abs-max and min-max of `x` with the reference's.
    pub fn limits<T: Input>(&mut self, x: &Placed<T>) {
        self.abs_max(x, reference::abs_max(x));
        self.min_max(x, reference::min_max(x));
    }

    /// Compares every subject's abs-max of `x` with the expected one, to the bit also of a NaN.
    pub fn abs_max<T: Input>(&mut self, x: &Placed<T>, expected: f32) {
        let scene = Scene { kernel: Kernel::AbsMax, x, parameters: &no_parameters };
        for (subject, tally) in self.of(Kernel::AbsMax) {
            let found = subject.abs_max(x);
            tally.count(found.is_same(expected), || {
                let is_peak = |x: &T| x.wide().abs().is_same(expected);
                let index = x.iter().position(is_peak);
                scene.mismatch(subject, index, expected.text(), found.text())
            });
        }
    }

    /// Compares every subject's least and largest value with the expected ones, to the bit. That
    /// holds for NaN too, of which there is only one.
    pub fn min_max<T: Input>(&mut self, x: &Placed<T>, expected: Option<(f32, f32)>) {
        let scene = Scene { kernel: Kernel::MinMax, x, parameters: &no_parameters };
        for (subject, tally) in self.of(Kernel::MinMax) {
            let found = subject.min_max(x);
            let is_same = match (expected, found) {
                (Some(a), Some(b)) => a.0.is_same(b.0) && a.1.is_same(b.1),
                (None, None) => true,
                _ => false,
            };
            tally.count(is_same, || {
                let is_limit = |x: &T| {
                    let (min, max) = expected.unwrap_or_default();
                    let x = x.wide();
                    x == min || x == max || x.is_nan()
                };
                let index = x.iter().position(is_limit);
                scene.mismatch(subject, index, text(expected), text(found))
            });
        }
    }
}

fn no_parameters() -> String {
    "no parameters".to_owned()
}

fn text(limits: Option<(f32, f32)>) -> String {
    limits.map_or("none".to_owned(), |(min, max)| format!("{} to {}", min.text(), max.text()))
}
