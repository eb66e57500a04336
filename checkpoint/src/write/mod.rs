//! write
pub mod destination;
pub mod digest;
pub mod stage;
