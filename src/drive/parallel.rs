//! Runs work in chunks of a fixed size, on one thread or on several.

/// The number of elements of one chunk. It does not depend on the number of threads, and no result
/// depends on which thread computes it.
pub(crate) const CHUNK: usize = 1 << 17;

/// Tensors below this many elements are not worth waking a second thread for.
#[cfg(feature = "rayon")]
const PARALLEL: usize = 1 << 19;

/// Calls `f` for every item, on at most `threads` threads at a time. 0 stands for as many threads
/// as the current rayon pool has. `elements` is the number of elements of all items together.
pub(crate) fn for_each<I>(items: I, elements: usize, threads: usize, f: impl Fn(I::Item) + Sync)
where
    I: ExactSizeIterator + Send,
{
    fold(items, elements, threads, || (), |(), item| f(item), |(), ()| ());
}

/// Calls `f` for every item as [`for_each`] does, and gives it a state to add the item to. Each
/// thread starts with a `new` state of its own, and the states are merged in the end. The result
/// must not depend on which items went into one state.
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

/// [`fold`] on several threads. The items are handed out one after another, so the threads stay
/// close to each other in memory, and a slow thread delays the others by one chunk at most.
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
    on_threads(threads, &drain);
    merged.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(new)
}

/// Calls `work` once on each of `threads` threads, of which the caller's is one. It does not know
/// what the items are, so rayon's part is compiled once and not for every kind of items.
#[cfg(feature = "rayon")]
fn on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| work());
        }
        work();
    });
}
