//! `abs_max`.

use super::mismatch::Scene;
use super::output::Output;
use super::{Board, Kernel, Placed};
use crate::selftest::inputs::Input;

impl Board {
    /// Compares every subject's abs-max of `x` with the expected one, to the bit also of a NaN.
    pub(in crate::selftest) fn abs_max<T: Input>(&mut self, x: &Placed<T>, expected: f32) {
        let no_parameters = || "no parameters".to_owned();
        let scene = Scene::new(Kernel::AbsMax, x, &no_parameters);
        for (subject, tally) in self.of(Kernel::AbsMax) {
            let found = subject.abs_max(x);
            tally.count(found.is_same(expected), || {
                let is_peak = |x: &T| x.to_f32().abs().is_same(expected);
                let index = x.iter().position(is_peak);
                scene.mismatch(subject, index, expected.text(), found.text())
            });
        }
    }
}
