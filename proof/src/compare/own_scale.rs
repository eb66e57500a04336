//! Compares the operations that compute scales from the data: `quantize_into`, `quantize_rows` and
//! `quantize_tensor_into`.

use absmax::{Error, Result, Scheme};

use super::board::compare;
use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input, Matrix, Stored, Value};
use crate::subject::Subject;

/// What quantizes with a subject: to integers, scales and zero points.
type Quantize<'a, Q> = dyn Fn(Subject, &mut [Q], &mut [f32], &mut [i32]) -> Result<()> + 'a;

impl Board {
    /// Compares every subject's values and scale of `x`, or its error, with the expected ones.
    pub fn quantize_into<T: Input>(&mut self, x: &Placed<T>, expected: &Result<Quantized<i8>>) {
        let parameters = || "its own scale".to_owned();
        let scene = Scene { kernel: Kernel::QuantizeInto, x, parameters: &parameters };
        self.own_scale(&scene, [x.len(), 1, 0], expected, &|subject, q, scales, _| {
            subject.quantize_into(x, q, scales)
        });
    }

    /// Compares what every subject makes of the rows of a matrix by a scheme. `expected` has no
    /// gaps.
    pub fn quantize_rows<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        expected: &Result<Quantized<Q>>,
    ) {
        let parameters = || format!("{matrix:?}, {scheme:?}, {stored:?}");
        let scene = Scene { kernel: Kernel::QuantizeRows, x, parameters: &parameters };
        let count = expected::set_count(&matrix.shape, scheme);
        let zero_points = if expected::is_symmetric(scheme) { 0 } else { count };
        let expected = match expected {
            Ok(quantized) => {
                Ok(Quantized { q: matrix.target(&quantized.q, Q::UNTOUCHED), ..quantized.clone() })
            }
            Err(Error::NotFinite { index, value }) => {
                Err(Error::NotFinite { index: matrix.place(*index), value: *value })
            }
            Err(error) => Err(*error),
        };
        let len = matrix.target(&vec![(); matrix.shape.iter().product()], ()).len();
        self.own_scale(
            &scene,
            [len, count, zero_points],
            &expected,
            &|subject, q, scales, zero_points| {
                subject.quantize_rows(x, (matrix, scheme, stored), q, scales, zero_points)
            },
        );
    }

    /// Compares what every subject makes of a tensor by a scheme.
    pub fn quantize_tensor<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        shape: &[usize],
        scheme: Scheme,
        expected: &Result<Quantized<Q>>,
    ) {
        let parameters = || format!("shape {shape:?}, {scheme:?}");
        let scene = Scene { kernel: Kernel::QuantizeTensorInto, x, parameters: &parameters };
        let count = expected::set_count(shape, scheme);
        let zero_points = if expected::is_symmetric(scheme) { 0 } else { count };
        self.own_scale(
            &scene,
            [x.len(), count, zero_points],
            expected,
            &|subject, q, scales, zero_points| {
                subject.quantize_tensor(x, shape, scheme, q, scales, zero_points)
            },
        );
    }

    pub(super) fn own_scale<T: Input, Q: Byte>(
        &mut self,
        scene: &Scene<'_, T>,
        [integers, scales, zero_points]: [usize; 3],
        expected: &Result<Quantized<Q>>,
        run: &Quantize<'_, Q>,
    ) {
        for (subject, tally) in self.of(scene.kernel) {
            let mut q = Placed::filled(integers, scene.x.other_offset(), Q::UNTOUCHED);
            let mut scales = Placed::filled(scales, 0, f32::UNTOUCHED);
            let mut zero_points = Placed::filled(zero_points, 0, i32::UNTOUCHED);
            let found = run(subject, &mut q, &mut scales, &mut zero_points);
            match (expected, found) {
                (Ok(expected), Ok(())) => {
                    compare(tally, subject, scene, &expected.scales, &scales, &|_| None);
                    compare(tally, subject, scene, &expected.zero_points, &zero_points, &|_| None);
                    compare(tally, subject, scene, &expected.q, &q, &Some);
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

/// Whether the errors are equal, where NaN is a value like any other.
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
