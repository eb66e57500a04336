//! source
pub mod checkpoint;
pub mod files;
pub mod weights;
