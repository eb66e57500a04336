//! Compares the sums of integers: `QuantizedMut::with_sums` and `QuantizedMut::with_scaled_sums`.

use absmax::{Result, Scheme};

use super::board::compare;
use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input, Matrix, Value};
use crate::subject::Subject;
use crate::summed::Summed;

impl Board {
    /// Compares the integers and the sums that every subject makes of the rows of a matrix: by their
    /// own parameters, or by those of `of` if they are `given`. `of` has no gaps.
    pub fn row_sums<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        (matrix, scheme): (Matrix, Scheme),
        of: &Quantized<Q>,
        given: bool,
    ) {
        let parameters = || format!("{matrix:?}, {scheme:?}, given: {given}");
        let q = matrix.target(&of.q, Q::UNTOUCHED);
        let given = given.then_some(of);
        self.summed(x, &parameters, (&matrix.shape, scheme), (&q, of), &|subject, to| {
            subject.row_sums(x, matrix, scheme, given, to)
        });
    }

    /// Compares the integers and the sums that every subject makes of a tensor.
    pub fn tensor_sums<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        shape: &[usize],
        scheme: Scheme,
        of: &Quantized<Q>,
    ) {
        let parameters = || format!("shape {shape:?}, {scheme:?}");
        self.summed(x, &parameters, (shape, scheme), (&of.q, of), &|subject, to| {
            subject.tensor_sums(x, shape, scheme, to)
        });
    }

    fn summed<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        parameters: &dyn Fn() -> String,
        (shape, scheme): (&[usize], Scheme),
        (expected, of): (&[Q], &Quantized<Q>),
        run: &dyn Fn(Subject, Summed<'_, Q>) -> Result<()>,
    ) {
        let (sums, scaled) = expected::sums(of, shape, scheme);
        for kernel in [Kernel::WithSums, Kernel::WithScaledSums] {
            let scene = Scene { kernel, x, parameters };
            for (subject, tally) in self.of(kernel) {
                let mut q = Placed::filled(expected.len(), x.other_offset(), Q::UNTOUCHED);
                let mut found = Placed::filled(sums.len(), 0, i32::UNTOUCHED);
                let mut found_scaled = Placed::filled(sums.len(), 0, f32::UNTOUCHED);
                let (scales, zero_points) = (of.scales.len(), of.zero_points.len());
                // One after the other, so that each is also asked for alone.
                let to = Summed {
                    q: &mut q,
                    scales: &mut vec![0.0; scales],
                    zero_points: &mut vec![0; zero_points],
                    sums: (kernel == Kernel::WithSums).then_some(&mut found),
                    scaled_sums: (kernel == Kernel::WithScaledSums).then_some(&mut found_scaled),
                };
                if let Err(error) = run(subject, to) {
                    tally.count(false, || {
                        scene.mismatch(subject, None, "no error".to_owned(), error.to_string())
                    });
                    continue;
                }
                compare(tally, subject, &scene, expected, &q, &|_| None);
                if kernel == Kernel::WithSums {
                    compare(tally, subject, &scene, &sums, &found, &|_| None);
                } else {
                    compare(tally, subject, &scene, &scaled, &found_scaled, &|_| None);
                }
            }
        }
    }
}
