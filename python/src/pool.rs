//! The threads of this package. They are not those of rayon's global pool, which a process that was
//! forked would wait for forever: each process has its own.

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use absmax::Backend;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::refused;

/// So many values and more run on several threads. The kernels alone would begin at an eighth of
/// them; but from here other threads have to be woken first, and this one waits.
const PARALLEL: usize = 1 << 22;
/// So many values and more are computed without holding the interpreter's lock. To give the lock
/// away for less can take longer than the work.
const DETACHED: usize = 1 << 14;
struct Pool {
    process: u32,
    threads: ThreadPool,
}

/// The pool of the process, if it has one. Pools are never dropped: one of a parent process has no
/// threads here that would end. There is no lock, since a process may be forked while it is held.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

/// The threads of this process.
pub(crate) fn pool() -> PyResult<&'static ThreadPool> {
    let before = POOL.load(Ordering::Acquire);
    if let Some(pool) = leaked(before).filter(|pool| pool.process == process::id()) {
        return Ok(&pool.threads);
    }
    let threads = ThreadPoolBuilder::new()
        .thread_name(|i| format!("absmax-{i}"))
        .build()
        .map_err(|error| refused(format!("cannot start threads: {error}")))?;
    let made = Box::into_raw(Box::new(Pool { process: process::id(), threads }));
    // If another thread was faster, both pools work, and the next call takes that one.
    let _ = POOL.compare_exchange(before, made, Ordering::AcqRel, Ordering::Acquire);
    leaked(made).map(|pool| &pool.threads).ok_or_else(|| refused("no threads"))
}

#[allow(unsafe_code, reason = "an atomic pointer has no safe way to what it points to")]
fn leaked(pool: *mut Pool) -> Option<&'static Pool> {
    // SAFETY: the pointer is null or that of a box which is never freed.
    unsafe { pool.as_ref() }
}

/// The threads that an operation may use: those of the pool, or the caller's alone.
#[derive(Clone, Copy)]
pub(crate) struct Threads(Option<&'static ThreadPool>);

/// Runs an operation over so many values, without the interpreter's lock unless they are few.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    elements: usize,
    run: impl FnOnce(Threads) -> R + Send,
) -> PyResult<R> {
    let threads = Threads(if elements < PARALLEL { None } else { Some(pool()?) });
    Ok(if elements < DETACHED { run(threads) } else { py.detach(|| run(threads)) })
}

impl Threads {
    /// Runs a kernel, which divides the work itself.
    pub(crate) fn kernel<R: Send>(self, run: impl FnOnce(Backend) -> R + Send) -> R {
        match self.0 {
            Some(pool) => pool.install(|| run(Backend::best())),
            None => run(Backend::best().with_threads(1)),
        }
    }
}
