//! Writes OUT: decides where it may be, and makes it appear whole or not at all.

mod destination;
mod digest;
mod stage;

pub(crate) use destination::Destination;
pub(crate) use stage::{Draft, Stage};
