//! The reports of files that were written, and of files that were not.

use serde::{Deserialize, Serialize};

/// A file of OUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its path relative to OUT.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of what it holds, read back after it was written, in lower-case hexadecimal
    /// digits; `None` of a file that was only planned.
    pub sha256: Option<String>,
}

/// A file of the source that OUT does not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its path relative to the source.
    pub name: String,
    /// Why, in words.
    pub reason: String,
}
