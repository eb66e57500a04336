//! One difference, with everything that explains it.

use std::fmt;

use serde::Serialize;

use super::{Kernel, Placed};
use crate::inputs::Value;
use crate::subject::Subject;

/// One difference, with everything that is needed to see it again.
#[derive(Clone, Debug, Serialize)]
pub struct Mismatch {
    kernel: Kernel,
    backend: &'static str,
    threads: usize,
    element: &'static str,
    len: usize,
    /// Elements from a cache line to the start of the input.
    offset: usize,
    parameters: String,
    input: Option<Place>,
    expected: String,
    found: String,
}

/// The value in question.
#[derive(Clone, Debug, Serialize)]
struct Place {
    index: usize,
    bits: String,
    value: String,
}

/// What there is to say about a comparison before anything differs.
pub(super) struct Scene<'a, T> {
    pub(super) kernel: Kernel,
    pub(super) x: &'a Placed<T>,
    /// The parameters, as text for the reader.
    pub(super) parameters: &'a dyn Fn() -> String,
}

impl<T: Value> Scene<'_, T> {
    /// A difference at an index of the input, or in the result as a whole.
    pub(super) fn mismatch(
        &self,
        subject: Subject,
        index: Option<usize>,
        expected: String,
        found: String,
    ) -> Mismatch {
        let place = |index: usize| {
            let x = self.x.get(index)?;
            Some(Place { index, bits: x.hex(), value: x.number() })
        };
        Mismatch {
            kernel: self.kernel,
            backend: subject.name(),
            threads: subject.threads_here(),
            element: T::TYPE,
            len: self.x.len(),
            offset: self.x.offset(),
            parameters: (self.parameters)(),
            input: index.and_then(place),
            expected,
            found,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, threads, element, len, offset, parameters, .. } = self;
        write!(f, "{} on {backend} (threads: {threads})", self.kernel.name())?;
        write!(f, " of {len} {element}, {offset} after a cache line; {parameters}; ")?;
        if let Some(Place { index, bits, value }) = &self.input {
            write!(f, "input {bits} ({value}) at index {index}; ")?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}
