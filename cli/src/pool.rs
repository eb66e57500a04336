//! The option `--threads`.

use anyhow::{Context as _, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

// No doc comment: clap would take it for the command's.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Threads {
    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    threads: usize,
}

impl Threads {
    pub(crate) fn pool(self) -> Result<ThreadPool> {
        let pool = ThreadPoolBuilder::new().num_threads(self.threads).build();
        pool.with_context(|| format!("cannot start {} threads", self.threads))
    }
}

/// Reads a number of threads. More threads than any machine has would only run it out of memory.
fn thread_count(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match text.parse() {
        Ok(threads) if threads <= MOST => Ok(threads),
        _ => Err(format!("has to be a number from 0 to {MOST}")),
    }
}
