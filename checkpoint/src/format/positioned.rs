//! Reads and writes at a place in a file, by several threads at a time.
//!
//! Files are read rather than mapped: a mapped file that shrinks kills the process, and reading into
//! a buffer that stays in the cache is as fast.

use std::fs::File;
use std::io;

/// Fills `buffer` from the place `offset` of the file.
#[cfg(unix)]
pub fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Writes all of `bytes` to the place `offset` of the file.
#[cfg(unix)]
pub fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
pub use cursor::{read_exact_at, write_all_at};

/// For systems whose files have only a cursor, which one thread at a time may move.
#[cfg(not(unix))]
mod cursor {
    use std::fs::File;
    use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
    use std::sync::{Mutex, PoisonError};

    static CURSOR: Mutex<()> = Mutex::new(());

    pub fn read_exact_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let _turn = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }

    pub fn write_all_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let _turn = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }
}
