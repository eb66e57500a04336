//! Quantizes on the threads of the caller, who runs the tasks.

use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::AbsmaxBackend;
use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::job::Job;
use crate::quantize::{Arguments, Call};
use crate::status::answer;
use crate::structs::{AbsmaxError, AbsmaxOutputs, AbsmaxParams, AbsmaxRows, AbsmaxScheme};

/// `absmax_task`: a function that runs the task of a number.
pub type AbsmaxTask = Option<unsafe extern "C" fn(context: *mut c_void, task: usize)>;

/// `absmax_parallel_for`: a function of the caller that runs tasks from 0 on, each once, and returns
/// when all have been run.
pub type AbsmaxParallelFor = Option<
    unsafe extern "C" fn(pool: *mut c_void, tasks: usize, task: AbsmaxTask, context: *mut c_void),
>;

/// A task has about so many values. The number does not depend on that of the threads.
const VALUES: usize = 1 << 15;

/// What all tasks share.
struct Tasks {
    job: Job,
    rows_of_task: usize,
    count: usize,
    done: AtomicUsize,
    /// The first task that failed.
    failed: AtomicUsize,
}

impl Tasks {
    fn new(job: Job) -> Self {
        let rows_of_task = (VALUES / job.x.row_len().max(1)).max(1);
        let count = job.x.rows().div_ceil(rows_of_task);
        let (done, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        Self { job, rows_of_task, count, done, failed }
    }

    /// Quantizes the rows of a task.
    ///
    /// # Safety
    ///
    /// As for [`Job::run`]. No other thread runs the same task.
    unsafe fn run(&self, task: usize) -> Checked {
        let Self { job, rows_of_task, .. } = self;
        let first = task * rows_of_task;
        let rows = (*rows_of_task).min(job.x.rows() - first);
        let part = job.part(first, rows, job.to.q.part(first, rows));
        let sets = first * job.recipe.sets_of_row(job.x.row_len()).unwrap_or(0);
        // SAFETY: the caller vouches for the memory. Tasks have different rows, whose outputs do not
        // overlap.
        unsafe { part.run() }.map_err(|fault| fault.after(sets, first * job.x.row_stride()))
    }
}

/// Runs a task, if there is one of this number.
unsafe extern "C" fn run_task(context: *mut c_void, task: usize) {
    // SAFETY: the caller hands over the context that it was given, which lives until it returns.
    let Some(tasks) = (unsafe { context.cast::<Tasks>().as_ref() }) else { return };
    if task >= tasks.count {
        return;
    }
    // SAFETY: the caller runs each task once.
    if unsafe { tasks.run(task) }.is_err() {
        tasks.failed.fetch_min(task, Ordering::Relaxed);
    }
    tasks.done.fetch_add(1, Ordering::Release);
}

/// `absmax_quantize_rows_parallel`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_rows_parallel(
    backend: AbsmaxBackend,
    scheme: *const AbsmaxScheme,
    x: *const AbsmaxRows,
    params: *const AbsmaxParams,
    out: *const AbsmaxOutputs,
    pool: *mut c_void,
    parallel_for: AbsmaxParallelFor,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let given = !params.is_null();
    let all = Arguments { handle: backend, scheme, x, params, given, out };
    let quantize = || -> Checked {
        let null = Fault::new(ABSMAX_ERROR_NULL, ABSMAX_ARG_PARALLEL_FOR);
        let parallel_for = parallel_for.ok_or(null)?;
        // SAFETY: the caller vouches for the pointers.
        let Call { job, work } = unsafe { all.check() }?;
        if work.tiles.is_some() {
            return Err(Fault::new(ABSMAX_ERROR_TILES, ABSMAX_ARG_OUTPUTS));
        }
        let of_rows = job.recipe.sets_of_row(job.x.row_len()).is_some();
        let one_set = given && !job.to.wants_sums() && !job.recipe.is_per_column();
        if !of_rows && !one_set {
            return Err(Fault::new(ABSMAX_ERROR_GRANULARITY, ABSMAX_ARG_SCHEME));
        }
        // What does not depend on the values is refused before a task is run.
        // SAFETY: the caller vouches for the memory.
        unsafe {
            job.check_given()?;
            job.part(0, 0, job.to.q.part(0, 0)).run()?;
        }
        if job.to.is_empty() {
            return Ok(());
        }
        let mut tasks = Tasks::new(job);
        let context = (&raw mut tasks).cast();
        // SAFETY: the function and the pool are the caller's. The context lives until it returns.
        unsafe { parallel_for(pool, tasks.count, Some(run_task), context) };
        let done = tasks.done.load(Ordering::Acquire);
        if done != tasks.count {
            let argument = ABSMAX_ARG_PARALLEL_FOR;
            return Err(Fault::unlike(ABSMAX_ERROR_TASKS, argument, tasks.count, done));
        }
        match tasks.failed.load(Ordering::Relaxed) {
            usize::MAX => Ok(()),
            // The task is run again for its fault, which there was no place to keep.
            // SAFETY: no task is running any more.
            failed => unsafe { tasks.run(failed) },
        }
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, quantize) }
}
