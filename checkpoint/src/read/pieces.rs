//! Work in pieces small enough for the cache, each done by one thread from its read to its write.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::interrupt;

/// What a thread works in, kept from piece to piece. Its size is that of the largest piece so far.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Bytes read, aligned for every type that is quantized.
    pub words: Vec<u32>,
    pub quantized: Vec<i8>,
    pub dequantized: Vec<f32>,
    pub packed: Vec<u8>,
    /// Values that others are compared with.
    pub compared: Vec<f32>,
}

/// As many buffers as threads were ever busy.
#[derive(Debug, Default)]
pub struct Workshop {
    idle: Mutex<Vec<Buffers>>,
}

impl Workshop {
    /// Does `job` with every piece on the threads of the current rayon pool, and returns the results
    /// in the order of the pieces.
    ///
    /// Pieces are handed out in order, and no more of them after a failure: so the error returned is
    /// that of the first piece that fails, on any number of threads.
    pub fn run<P: Send, R: Send>(
        &self,
        pieces: impl Iterator<Item = P> + Send,
        job: impl Fn(P, &mut Buffers) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let failed = AtomicBool::new(false);
        let pieces = pieces.take_while(|_| !failed.load(Relaxed)).enumerate();
        let mut results: Vec<(usize, Result<R>)> = pieces
            .par_bridge()
            .map(|(i, piece)| {
                let mut buffers = self.idle().pop().unwrap_or_default();
                let result = interrupt::check().map_err(Into::into);
                let result = result.and_then(|()| job(piece, &mut buffers));
                self.idle().push(buffers);
                failed.fetch_or(result.is_err(), Relaxed);
                (i, result)
            })
            .collect();
        results.sort_by_key(|(i, _)| *i);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Buffers>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
