//! Adds to errors, on their way up, what they are about.

use std::io;
use std::path::Path;

use super::operation::{Error, Result};

/// Says what failed. The error that an operation was cancelled needs no place.
pub(crate) trait Context<T> {
    fn in_tensor(self, tensor: &str) -> Result<T>;
    fn in_file(self, file: &Path) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn in_tensor(self, tensor: &str) -> Self {
        self.map_err(|error| match error {
            Error::Cancelled => Error::Cancelled,
            error => Error::Tensor { tensor: tensor.to_owned(), source: error.into() },
        })
    }

    fn in_file(self, file: &Path) -> Self {
        self.map_err(|error| match error {
            // The first needs no place, and the second has it already.
            Error::Cancelled | Error::Io { .. } => error,
            error => Error::File { file: file.to_path_buf(), source: error.into() },
        })
    }
}

/// Says what was tried with which file.
pub(crate) trait IoContext<T> {
    fn cannot(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn cannot(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io { action, path: path.to_path_buf(), source })
    }
}

impl Error {
    /// Whether the disk is full.
    pub(crate) fn is_full_disk(&self) -> bool {
        let first: &(dyn std::error::Error + 'static) = self;
        let mut causes = std::iter::successors(Some(first), |error| error.source());
        causes.any(|cause| {
            let io = cause.downcast_ref::<io::Error>();
            io.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
        })
    }
}
