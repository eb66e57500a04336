//! Long work on a thread of its own, while the caller's thread looks after signals and callbacks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::pool::pool;

/// So often the caller's thread looks up.
const BEAT: Duration = Duration::from_millis(20);

/// Runs `work` on the threads of this process. The flag that it gets is set when it is to stop: at
/// Ctrl-C, and when `look`, which is called now and then, fails. Then that error is returned, when
/// the work has ended.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> R + Send,
    mut look: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<R> {
    let pool = pool()?;
    let (cancel, ended) = (AtomicBool::new(false), Ended::default());
    let (ended, flag) = (&ended, &cancel);
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("absmax".to_owned());
        let worker = worker.spawn_scoped(scope, move || {
            let result = catch_unwind(AssertUnwindSafe(|| pool.install(|| work(flag))));
            ended.set();
            result
        })?;
        let mut failure = None;
        while !py.detach(|| ended.wait()) {
            if failure.is_none()
                && let Err(error) = py.check_signals().and_then(|()| look(py))
            {
                cancel.store(true, Ordering::Relaxed);
                failure = Some(error);
            }
        }
        let result = py.detach(|| worker.join().and_then(|result| result));
        match (failure, result) {
            (Some(error), _) => Err(error),
            (None, Ok(result)) => Ok(result),
            (None, Err(_)) => Err(PyRuntimeError::new_err("absmax has panicked, which is a bug")),
        }
    })
}

/// Whether the work has ended.
#[derive(Default)]
struct Ended {
    state: Mutex<bool>,
    changed: Condvar,
}

impl Ended {
    fn set(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for one beat at most.
    fn wait(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(state, BEAT, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
