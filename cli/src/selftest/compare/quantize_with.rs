//! `quantize_with`.

use absmax::QuantParams;

use super::board::compare;
use super::mismatch::Scene;
use super::output::Output;
use super::{Board, Kernel, Placed};
use crate::selftest::expected;
use crate::selftest::inputs::Input;

impl Board {
    /// Compares every subject's values of `x` by the caller's parameters with the expected ones.
    pub(in crate::selftest) fn quantize_with<T: Input>(
        &mut self,
        x: &Placed<T>,
        params: QuantParams,
        expected: &[i8],
    ) {
        let parameters = || text(params);
        let scene = Scene::new(Kernel::QuantizeWith, x, &parameters);
        for (subject, tally) in self.of(Kernel::QuantizeWith) {
            let mut q = Placed::filled(x.len(), x.other_offset(), i8::UNTOUCHED);
            match subject.quantize_with(x, params, &mut q) {
                Ok(()) => compare(tally, subject, &scene, expected, &q, Some),
                Err(error) => tally.count(false, || {
                    scene.mismatch(subject, None, "no error".to_owned(), error.to_string())
                }),
            }
        }
    }

    /// The same in both ranges, with what the reference says computed here.
    pub(in crate::selftest) fn quantize_with_scale<T: Input>(&mut self, x: &Placed<T>, scale: f32) {
        for params in both_ranges(scale) {
            self.quantize_with(x, params, &expected::quantize_with(x, params));
        }
    }
}

/// The parameters of a scale. One that is not a scale has none.
pub(in crate::selftest) fn both_ranges(scale: f32) -> impl Iterator<Item = QuantParams> {
    let ranges = [-127..=127, -128..=127];
    ranges.into_iter().filter_map(move |range| QuantParams::new(scale, 0, range).ok())
}

/// The parameters, for the reader.
pub(super) fn text(params: QuantParams) -> String {
    format!("scale {}, integers {} to {}", params.scale().text(), params.qmin(), params.qmax())
}
