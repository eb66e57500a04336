//! The operations that compute scales from the data: `quantize_into`, `quantize_rows_into` and
//! `Quantizer`.

use absmax::{Error, Result, Scheme};

use super::board::compare;
use super::mismatch::Scene;
use super::output::Output;
use super::{Board, Kernel, Placed};
use crate::selftest::expected::{self, Quantized};
use crate::selftest::inputs::Input;
use crate::selftest::subject::Subject;

impl Board {
    /// Compares every subject's values and scale of `x`, or its error, with the expected ones.
    pub(in crate::selftest) fn quantize_into<T: Input>(
        &mut self,
        x: &Placed<T>,
        expected: &Result<Quantized>,
    ) {
        let parameters = || "its own scale".to_owned();
        let scene = Scene::new(Kernel::QuantizeInto, x, &parameters);
        self.own_scale(&scene, 1, expected, |subject, q, scales| {
            subject.quantize_into(x, q, scales)
        });
    }

    /// The same of rows.
    pub(in crate::selftest) fn quantize_rows_into<T: Input>(
        &mut self,
        x: &Placed<T>,
        [rows, row_len]: [usize; 2],
        expected: &Result<Quantized>,
    ) {
        let parameters = || format!("rows of {row_len}");
        let scene = Scene::new(Kernel::QuantizeRowsInto, x, &parameters);
        self.own_scale(&scene, rows, expected, |subject, q, scales| {
            subject.quantize_rows_into(x, row_len, q, scales)
        });
    }

    /// The same of a tensor.
    pub(in crate::selftest) fn quantizer<T: Input>(
        &mut self,
        x: &Placed<T>,
        shape: &[usize],
        scheme: Scheme,
        expected: &Result<Quantized>,
    ) {
        let parameters = || format!("shape {shape:?}, {scheme:?}");
        let scene = Scene::new(Kernel::Quantizer, x, &parameters);
        let (count, _) = expected::channels(shape, scheme);
        self.own_scale(&scene, count, expected, |subject, q, scales| {
            subject.quantize_tensor(x, shape, scheme, q, scales)
        });
    }

    fn own_scale<T: Input>(
        &mut self,
        scene: &Scene<'_, T>,
        count: usize,
        expected: &Result<Quantized>,
        run: impl Fn(Subject, &mut [i8], &mut [f32]) -> Result<()>,
    ) {
        for (subject, tally) in self.of(scene.kernel) {
            let mut q = Placed::filled(scene.x.len(), scene.x.other_offset(), i8::UNTOUCHED);
            let mut scales = Placed::filled(count, 0, f32::UNTOUCHED);
            let found = run(subject, &mut q, &mut scales);
            match (expected, found) {
                (Ok(expected), Ok(())) => {
                    compare(tally, subject, scene, &expected.scales, &scales, |_| None);
                    compare(tally, subject, scene, &expected.q, &q, Some);
                }
                (Err(expected), Err(found)) => tally.count(is_same(expected, &found), || {
                    scene.mismatch(subject, place(expected), detail(expected), detail(&found))
                }),
                (Ok(_), Err(found)) => tally.count(false, || {
                    scene.mismatch(subject, place(&found), "no error".to_owned(), detail(&found))
                }),
                (Err(expected), Ok(())) => tally.count(false, || {
                    let found = "no error".to_owned();
                    scene.mismatch(subject, place(expected), detail(expected), found)
                }),
            }
        }
    }
}

/// Equality in which NaN is a value like any other.
fn is_same(a: &Error, b: &Error) -> bool {
    match (a, b) {
        (
            Error::NotFinite { index, value },
            Error::NotFinite { index: other_index, value: other_value },
        ) => index == other_index && value.is_same(*other_value),
        _ => a == b,
    }
}

fn detail(error: &Error) -> String {
    match error {
        Error::NotFinite { value, .. } => format!("\"{error}\" with {}", value.text()),
        _ => format!("\"{error}\""),
    }
}

fn place(error: &Error) -> Option<usize> {
    match error {
        Error::NotFinite { index, .. } => Some(*index),
        _ => None,
    }
}
