//! The threads of this package. They are not those of rayon's global pool, which a process that was
//! forked would wait for forever: each process has its own.

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use absmax::Backend;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::refused;

/// So many values and more are divided among threads, the caller's among them.
const DIVIDED: usize = 1 << 20;
/// So many values and more run on the threads of the pool alone, which have to be woken first.
const HANDED_OVER: usize = 1 << 21;
/// So many values and more are computed without holding the interpreter's lock. To give the lock
/// away for less can take longer than the work.
const DETACHED: usize = 1 << 14;
/// What a thread takes at a time, as the kernels do.
pub(crate) const PIECE: usize = 1 << 17;

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

/// The threads that an operation may use.
#[derive(Clone, Copy)]
pub(crate) struct Threads {
    elements: usize,
    /// None if the caller's thread is to do it alone.
    pool: Option<&'static ThreadPool>,
}

/// Runs an operation over so many values, without the interpreter's lock unless they are few.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    elements: usize,
    run: impl FnOnce(Threads) -> R + Send,
) -> PyResult<R> {
    let pool = if elements < DIVIDED { None } else { Some(pool()?) };
    let threads = Threads { elements, pool };
    Ok(if elements < DETACHED { run(threads) } else { py.detach(|| run(threads)) })
}

impl Threads {
    /// Runs a kernel that divides the work itself.
    pub(crate) fn kernel<R: Send>(self, run: impl FnOnce(Backend) -> R + Send) -> R {
        match self.pool {
            Some(pool) if self.elements >= HANDED_OVER => pool.install(|| run(Backend::best())),
            _ => run(Backend::best().with_threads(1)),
        }
    }

    /// Whether [`Threads::each`] has more threads than the caller's.
    pub(crate) fn divide(self) -> bool {
        self.pool.is_some_and(|pool| pool.current_num_threads() > 1)
    }

    /// Calls `work` for each item, on all threads. The caller's begins at once, and the others help
    /// it when they have woken up.
    pub(crate) fn each<I: Iterator + Send>(self, items: I, work: impl Fn(Backend, I::Item) + Sync) {
        let backend = Backend::best().with_threads(1);
        let queue = Mutex::new(items);
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let drain = || {
            while let Some(item) = next() {
                work(backend, item);
            }
        };
        match self.pool {
            Some(pool) => pool.in_place_scope(|scope| {
                for _ in 1..pool.current_num_threads() {
                    scope.spawn(|_| drain());
                }
                drain();
            }),
            None => drain(),
        }
    }
}
