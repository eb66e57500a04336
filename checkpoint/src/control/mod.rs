//! To whom an operation tells how far it is, and when it stops.

mod event;
mod interruptible;
mod watch;

pub use event::{Event, Progress};
pub(crate) use interruptible::Interruptible;
pub use watch::Control;
