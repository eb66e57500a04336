//! Checks numbers of threads: tensors are divided among threads in pools of several sizes.

mod packed;
mod pools;
mod task;
mod values;

pub use pools::CHECK;
