//! Numbers of threads: tensors that are shared out, in pools of several sizes.

mod packed;
mod pools;
mod task;
mod values;

pub use pools::CHECK;
