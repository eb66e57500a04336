//! `dequantize_into`.

use absmax::QuantParams;

use super::board::compare;
use super::mismatch::Scene;
use super::output::Output;
use super::quantize_with::text;
use super::{Board, Kernel, Placed};

impl Board {
    /// Compares every subject's products of `q` and the scale with the expected ones.
    pub(in crate::selftest) fn dequantize_into(
        &mut self,
        q: &Placed<i8>,
        params: QuantParams,
        expected: &[f32],
    ) {
        let parameters = || text(params);
        let scene = Scene {
            kernel: Kernel::DequantizeInto,
            element: "i8",
            x: q,
            show: |q| (format!("{q:#04x}"), q.to_string()),
            parameters: &parameters,
        };
        for (subject, tally) in self.of(Kernel::DequantizeInto) {
            let mut x = Placed::filled(q.len(), q.other_offset(), f32::UNTOUCHED);
            match subject.dequantize_into(q, params, &mut x) {
                Ok(()) => compare(tally, subject, &scene, expected, &x, Some),
                Err(error) => tally.count(false, || {
                    scene.mismatch(subject, None, "no error".to_owned(), error.to_string())
                }),
            }
        }
    }
}
