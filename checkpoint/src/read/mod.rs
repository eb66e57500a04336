//! read
pub mod pieces;
pub mod stored;
