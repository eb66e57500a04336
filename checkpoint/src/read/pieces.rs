//! Does work in pieces that are small enough for the cache. Each piece is done by one thread, from
//! its read to its write.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use absmax::in_default_environment;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::control::Control;
use crate::error::Result;

/// The buffers that a thread works in, kept from piece to piece. Their size is that of the largest
/// piece so far.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// The bytes that were read, aligned for every type that is quantized.
    pub(crate) words: Vec<u32>,
    pub(crate) quantized: Vec<i8>,
    pub(crate) dequantized: Vec<f32>,
    pub(crate) packed: Vec<u8>,
    /// Values that others are compared with.
    pub(crate) compared: Vec<f32>,
}

/// The buffers of all threads: as many as threads were ever busy at a time.
#[derive(Debug, Default)]
pub(crate) struct Workshop {
    idle: Mutex<Vec<Buffers>>,
}

impl Workshop {
    /// Does `job` with every piece on the threads of the current rayon pool, and returns the
    /// results in the order of the pieces.
    ///
    /// The floating-point environment is the default one meanwhile, whatever the threads have.
    ///
    /// Pieces are handed out in order, and no more of them after a failure. So the error returned
    /// is that of the first piece that fails, on any number of threads.
    pub(crate) fn run<P: Send, R: Send>(
        &self,
        control: &Control<'_>,
        pieces: impl Iterator<Item = P> + Send,
        job: impl Fn(P, &mut Buffers) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let failed = AtomicBool::new(false);
        let pieces = pieces.take_while(|_| !failed.load(Relaxed)).enumerate();
        let mut results: Vec<(usize, Result<R>)> = pieces
            .par_bridge()
            .map(|(i, piece)| {
                let mut buffers = self.idle().pop().unwrap_or_default();
                let job = || in_default_environment(|| job(piece, &mut buffers));
                let result = control.check().and_then(|()| job());
                self.idle().push(buffers);
                failed.fetch_or(result.is_err(), Relaxed);
                (i, result)
            })
            .collect();
        results.sort_by_key(|(i, _)| *i);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Buffers>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
