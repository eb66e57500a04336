//! Compares `error_stats`.

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Errors};
use crate::inputs::Input;

impl Board {
    /// Compares every subject's statistics of the error between `x` and `y` with the expected ones.
    pub fn error_stats<T: Input>(&mut self, x: &Placed<T>, y: &Placed<f32>, expected: Errors) {
        let parameters = || format!("approximations {} after a cache line", y.offset());
        let scene = Scene { kernel: Kernel::ErrorStats, x, parameters: &parameters };
        let ratios = self.ratios();
        for (subject, tally) in self.of(Kernel::ErrorStats) {
            match subject.error_stats(x, y, ratios) {
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

    /// Compares every subject's statistics with the expected ones, which are computed here.
    pub fn errors<T: Input>(&mut self, x: &Placed<T>, y: &Placed<f32>) {
        self.error_stats(x, y, expected::errors(x, y));
    }
}

/// Whether the statistics are equal to the bit. All NaN are equal.
fn is_same(a: Errors, b: Errors) -> bool {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    a.count == b.count
        && same(a.mse, b.mse)
        && same(a.max_abs, b.max_abs)
        && a.ratios.zip(b.ratios).is_none_or(|(a, b)| same(a[0], b[0]) && same(a[1], b[1]))
}
