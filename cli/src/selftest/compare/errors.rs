//! `error_stats`.

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::selftest::expected::{self, Errors};
use crate::selftest::inputs::Input;

impl Board {
    /// Compares every subject's statistics of the error between `x` and `y` with the expected ones.
    pub(in crate::selftest) fn error_stats<T: Input>(
        &mut self,
        x: &Placed<T>,
        y: &Placed<f32>,
        expected: Errors,
    ) {
        let parameters = || format!("approximations {} after a cache line", y.offset());
        let scene = Scene { kernel: Kernel::ErrorStats, x, parameters: &parameters };
        for (subject, tally) in self.of(Kernel::ErrorStats) {
            match subject.error_stats(x, y) {
                Ok(found) => tally.count(is_same(expected, found), || {
                    let [expected, found] = [expected, found].map(|e| format!("{e:?}"));
                    scene.mismatch(subject, None, expected, found)
                }),
                Err(error) => tally.count(false, || {
                    scene.mismatch(subject, None, "no error".to_owned(), error.to_string())
                }),
            }
        }
    }

    /// The same, with what is expected computed here.
    pub(in crate::selftest) fn errors<T: Input>(&mut self, x: &Placed<T>, y: &Placed<f32>) {
        self.error_stats(x, y, expected::errors(x, y));
    }
}

/// Equality to the bit, save that one NaN is as good as another.
fn is_same(a: Errors, b: Errors) -> bool {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    a.count == b.count
        && same(a.mse, b.mse)
        && same(a.max_abs, b.max_abs)
        && same(a.sqnr_db, b.sqnr_db)
        && same(a.cosine, b.cosine)
}
