//! Quantizes to rows: by the functions of absmax, or strip by strip where these would allocate.

use crate::columns;
use crate::fault::Checked;
use crate::job::Job;
use crate::memory::Memory;

/// Quantizes, with scratch memory for what is per column.
///
/// # Safety
///
/// As for [`Job::run`].
pub(crate) unsafe fn quantize(job: Job, scratch: Memory) -> Checked {
    // SAFETY: the caller vouches for the memory.
    unsafe { if job.recipe.is_per_column() { columns::quantize(job, scratch) } else { job.run() } }
}
