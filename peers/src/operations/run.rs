//! One run of an operation at one size: its input, the backends of absmax, and the timing.

use absmax::Backend;

use super::names::ABSMAX;
use crate::buffer::{Buffer, copies};
use crate::clock::Clock;
use crate::conditions::Conditions;
use crate::contender::Contender;
use crate::measure::{Timings, interleave};

/// What every operation is handed.
pub(crate) struct Run<'a> {
    /// Copies of one tensor, which the calls go round.
    pub(super) inputs: Vec<Buffer<f32>>,
    /// The conditions that all contenders run under.
    pub(super) conditions: &'a Conditions,
}

impl<'a> Run<'a> {
    /// A run on a tensor of so many elements.
    pub(crate) fn new(elements: usize, conditions: &'a Conditions) -> Self {
        Self { inputs: inputs(elements, conditions.offset), conditions }
    }

    /// The number of elements of the tensor.
    pub(super) fn elements(&self) -> usize {
        self.inputs[0].len()
    }

    /// absmax on the best backend, and on the others that were asked for and that the CPU has.
    pub(super) fn backends(&self) -> Vec<(String, Backend)> {
        let others = self.conditions.isas.iter().flat_map(|&isa| Backend::new(isa));
        let others = others.map(|backend| (format!("{ABSMAX}, {}", backend.isa()), backend));
        let all = std::iter::once((ABSMAX.to_owned(), Backend::best())).chain(others);
        all.map(|(name, backend)| (name, backend.with_threads(self.conditions.threads))).collect()
    }

    /// A buffer for results. The contenders of one type share one.
    pub(super) fn buffer<T: Clone>(&self, value: T) -> Buffer<T> {
        Buffer::new(self.elements(), value, self.conditions.offset)
    }

    /// Times the contenders on so many copies of their input.
    pub(super) fn interleave(&self, copies: usize, contenders: Vec<Contender<'_>>) -> Timings {
        let clock = Clock::new(self.conditions.threads);
        interleave(self.elements(), copies, contenders, clock, self.conditions.seconds)
    }
}

/// Equal copies of one tensor whose values are about normal: each is the sum of four uniform
/// values.
fn inputs(elements: usize, offset: usize) -> Vec<Buffer<f32>> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut first = Buffer::new(elements, 0.0, offset);
    for x in first.iter_mut() {
        *x = random.f32() + random.f32() + random.f32() + random.f32() - 2.0;
    }
    let mut inputs = vec![first];
    for _ in 1..copies(elements, elements * size_of::<f32>()) {
        inputs.push(Buffer::copy(&inputs[0], offset));
    }
    inputs
}
