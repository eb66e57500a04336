//! Tells the caller how far an operation is, and the operation when to stop.

mod event;
mod interruptible;
mod watch;

pub use event::{Event, Progress};
pub(crate) use interruptible::Interruptible;
pub use watch::Control;
