//! `--threads`.

use anyhow::{Context as _, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// So many threads; 0 stands for all.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.with_context(|| format!("cannot start {threads} threads"))
}

/// More threads than any machine has would only run it out of memory.
pub(crate) fn thread_count(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match text.parse() {
        Ok(threads) if threads <= MOST => Ok(threads),
        _ => Err(format!("has to be a number from 0 to {MOST}")),
    }
}
