//! Fixed-size chunks, on one thread or on several.

/// Elements of one chunk. It does not depend on the number of threads, and nothing that is computed
/// depends on which thread computes it.
pub(crate) const CHUNK: usize = 1 << 17;

/// Tensors below this many elements are not worth waking a second thread for.
#[cfg(feature = "rayon")]
const PARALLEL: usize = 1 << 19;

/// Calls `f` for every item, on at most `threads` threads at a time (0: as many as the current rayon
/// pool has). `elements` is the size of the whole work.
///
/// The items are handed out one after another, so the threads stay close to each other in memory
/// and a slow one delays the rest by one chunk at most.
#[cfg(feature = "rayon")]
pub(crate) fn for_each<I>(items: I, elements: usize, threads: usize, f: impl Fn(I::Item) + Sync)
where
    I: ExactSizeIterator + Send,
{
    use std::sync::{Mutex, PoisonError};

    if threads == 1 || elements < PARALLEL {
        return items.for_each(f);
    }
    let available = if threads == 0 { rayon::current_num_threads() } else { threads };
    let threads = available.min(items.len());
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let drain = || {
        while let Some(item) = next() {
            f(item);
        }
    };
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| drain());
        }
        drain();
    });
}

/// Calls `f` for every item in order.
#[cfg(not(feature = "rayon"))]
pub(crate) fn for_each<I>(items: I, _elements: usize, _threads: usize, f: impl Fn(I::Item) + Sync)
where
    I: ExactSizeIterator + Send,
{
    items.for_each(f);
}
