//! One difference, in full.

use std::fmt;

use serde::Serialize;

use super::{Kernel, Placed};
use crate::selftest::inputs::Input;
use crate::selftest::subject::Subject;

/// One difference, with everything that is needed to see it again.
#[derive(Clone, Debug, Serialize)]
pub(in crate::selftest) struct Mismatch {
    kernel: Kernel,
    backend: &'static str,
    threads: usize,
    element: &'static str,
    len: usize,
    /// Elements from a cache line to the start of the input.
    offset: usize,
    parameters: String,
    input: Option<Value>,
    expected: String,
    found: String,
}

/// The value in question.
#[derive(Clone, Debug, Serialize)]
struct Value {
    index: usize,
    bits: String,
    value: String,
}

/// What there is to say about a comparison before anything differs.
pub(super) struct Scene<'a, T> {
    pub(super) kernel: Kernel,
    pub(super) element: &'static str,
    pub(super) x: &'a Placed<T>,
    /// Bits and value of an input, for the reader.
    pub(super) show: fn(&T) -> (String, String),
    pub(super) parameters: &'a dyn Fn() -> String,
}

impl<'a, T: Input> Scene<'a, T> {
    pub(super) fn new(
        kernel: Kernel,
        x: &'a Placed<T>,
        parameters: &'a dyn Fn() -> String,
    ) -> Self {
        let show = |x: &T| (x.hex(), format!("{:?}", x.to_f32()));
        Self { kernel, element: T::NAME, x, show, parameters }
    }
}

impl<T: Copy> Scene<'_, T> {
    /// A difference at an index of the input, or of the whole.
    pub(super) fn mismatch(
        &self,
        subject: Subject,
        index: Option<usize>,
        expected: String,
        found: String,
    ) -> Mismatch {
        let value = |index: usize| {
            let (bits, value) = (self.show)(self.x.get(index)?);
            Some(Value { index, bits, value })
        };
        Mismatch {
            kernel: self.kernel,
            backend: subject.name(),
            threads: subject.threads_here(),
            element: self.element,
            len: self.x.len(),
            offset: self.x.offset(),
            parameters: (self.parameters)(),
            input: index.and_then(value),
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
        if let Some(Value { index, bits, value }) = &self.input {
            write!(f, "input {bits} ({value}) at index {index}; ")?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}
