//! The state of a class that several threads may use, and that may be pickled.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::refused;

/// A state behind a lock.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T: Clone + Send + PartialEq + Serialize + DeserializeOwned> Locked<T> {
    pub(crate) const fn new(state: T) -> Self {
        Self(Mutex::new(state))
    }

    /// The state. A thread of the pool must not wait for it: it might take up another call
    /// meanwhile, which waits for the same state.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is found out of the state, without the interpreter's lock: another thread may hold the
    /// state while it observes.
    pub(crate) fn with<R: Send>(&self, py: Python<'_>, run: impl FnOnce(&mut T) -> R + Send) -> R {
        py.detach(|| run(&mut self.lock()))
    }

    /// Whether two states are equal, or the same one.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.copy() == other.copy()
    }

    /// What pickle needs to make an object of a class again: `_of_json` of the class, and its
    /// argument.
    pub(crate) fn reduced<'py>(
        &self,
        class: Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let json = serde_json::to_string(&self.copy());
        let json = json.map_err(|error| refused(error.to_string()))?;
        let argument = (json,).into_pyobject(class.py())?;
        Ok((class.getattr("_of_json")?, argument))
    }

    /// The state that [`Locked::reduced`] wrote.
    pub(crate) fn of_json(json: &str) -> PyResult<Self> {
        let state = serde_json::from_str(json);
        state.map(Self::new).map_err(|error| refused(error.to_string()))
    }

    fn copy(&self) -> T {
        self.lock().clone()
    }
}
