//! The error of options that contradict each other, which is found only after they were read.

use std::fmt;

use clap::error::ErrorKind;

/// An error of usage, which is shown as clap shows its own.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) kind: ErrorKind,
    text: String,
}

impl Usage {
    pub(crate) fn new(kind: ErrorKind, text: impl fmt::Display) -> Self {
        Self { kind, text: text.to_string() }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Usage {}
