//! SHA-256 of what a file holds, read back.

use std::fs::File;
use std::io::{Read as _, Seek as _};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::interrupt;

/// The SHA-256 in lower-case hexadecimal digits, and the length.
pub fn sha256(mut file: &File) -> Result<(String, u64)> {
    file.rewind()?;
    let (mut hash, mut len) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        interrupt::check()?;
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        len += n as u64;
    }
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((digest, len))
}
