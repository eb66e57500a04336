//! Computes the SHA-256 of what a file holds, which is read back.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use sha2::{Digest as _, Sha256};

use crate::control::Control;
use crate::error::Result;

/// The SHA-256 in lower-case hexadecimal digits, and the length.
pub(super) fn sha256(control: &Control<'_>, mut file: &File) -> Result<io::Result<(String, u64)>> {
    let (mut hash, mut len) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 18];
    let mut read = file.rewind().and_then(|()| file.read(&mut buffer));
    loop {
        control.check()?;
        match read {
            Err(error) => return Ok(Err(error)),
            Ok(0) => break,
            Ok(n) => {
                hash.update(&buffer[..n]);
                len += n as u64;
                control.advance(n as u64);
                read = file.read(&mut buffer);
            }
        }
    }
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Ok((digest, len)))
}
