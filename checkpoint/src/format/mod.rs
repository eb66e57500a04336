//! format
pub mod config;
pub mod header;
pub mod index;
pub mod json;
pub mod layout;
pub mod parts;
pub mod positioned;
pub mod zero_points;
