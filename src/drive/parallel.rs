//! Fixed-size chunks, on one thread or on several.

/// Elements of one chunk. It does not depend on the number of threads, and nothing that is computed
/// depends on which thread computes it.
pub(crate) const CHUNK: usize = 1 << 17;

/// Tensors below this many elements are not worth waking a second thread for.
#[cfg(feature = "rayon")]
const PARALLEL: usize = 1 << 19;

/// Calls `f` for every item, on at most `threads` threads at a time (0: as many as the current rayon
/// pool has). `elements` is the size of the whole work.
pub(crate) fn for_each<I>(items: I, elements: usize, threads: usize, f: impl Fn(I::Item) + Sync)
where
    I: ExactSizeIterator + Send,
{
    fold(items, elements, threads, || (), |(), item| f(item), |(), ()| ());
}

/// The same with a state that `f` adds every item to: each thread has its own, a `new` one, and in
/// the end they are merged. What comes out must not depend on which items went together.
pub(crate) fn fold<I, S>(
    items: I,
    elements: usize,
    threads: usize,
    new: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, I::Item) + Sync,
    merge: impl Fn(S, S) -> S + Sync,
) -> S
where
    I: ExactSizeIterator + Send,
    S: Send,
{
    #[cfg(feature = "rayon")]
    if threads != 1 && elements >= PARALLEL {
        return fold_on_threads(items, threads, new, f, merge);
    }
    #[cfg(not(feature = "rayon"))]
    let _ = (elements, threads, merge);
    let mut state = new();
    items.for_each(|item| f(&mut state, item));
    state
}

/// The items are handed out one after another, so the threads stay close to each other in memory
/// and a slow one delays the rest by one chunk at most.
#[cfg(feature = "rayon")]
fn fold_on_threads<I, S>(
    items: I,
    threads: usize,
    new: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, I::Item) + Sync,
    merge: impl Fn(S, S) -> S + Sync,
) -> S
where
    I: ExactSizeIterator + Send,
    S: Send,
{
    use std::sync::{Mutex, PoisonError};

    use crate::environment::Environment;

    let available = if threads == 0 { rayon::current_num_threads() } else { threads };
    let threads = available.min(items.len());
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let merged = Mutex::new(None);
    let drain = || {
        let _environment = Environment::enter();
        let mut state = new();
        while let Some(item) = next() {
            f(&mut state, item);
        }
        let mut merged = merged.lock().unwrap_or_else(PoisonError::into_inner);
        *merged = Some(match merged.take() {
            Some(others) => merge(others, state),
            None => state,
        });
    };
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| drain());
        }
        drain();
    });
    merged.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(new)
}
