//! Reads and writes at a place in a file. Several threads may do so at a time, and the operation
//! can be cancelled between the pieces.
//!
//! Files are read and not mapped, because a mapped file that shrinks kills the process, and because
//! reading into a buffer that stays in the cache is as fast.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(not(unix))]
use self::cursor::{read_piece, write_piece};
use crate::control::{Control, Interruptible};
use crate::error::Result;

/// The number of bytes between two looks at the flag.
const PIECE: usize = 1 << 20;

/// Fills `buffer` from the place `offset` of the file.
pub(crate) fn read_exact_at(
    control: &Control<'_>,
    file: &File,
    buffer: &mut [u8],
    mut offset: u64,
) -> Result<io::Result<()>> {
    for piece in buffer.chunks_mut(PIECE) {
        control.check()?;
        if let Err(error) = read_piece(file, piece, offset) {
            return Ok(Err(error));
        }
        offset += piece.len() as u64;
    }
    Ok(Ok(()))
}

/// Writes all of `bytes` to the place `offset` of the file.
pub(crate) fn write_all_at(
    control: &Control<'_>,
    file: &File,
    bytes: &[u8],
    mut offset: u64,
) -> Result<io::Result<()>> {
    for piece in bytes.chunks(PIECE) {
        control.check()?;
        if let Err(error) = write_piece(file, piece, offset) {
            return Ok(Err(error));
        }
        offset += piece.len() as u64;
    }
    Ok(Ok(()))
}

/// The whole text of a file.
pub(crate) fn read_text(control: &Control<'_>, path: &Path) -> Result<io::Result<String>> {
    let read = || {
        let mut text = String::new();
        let mut reader = Interruptible { inner: File::open(path)?, control };
        io::Read::read_to_string(&mut reader, &mut text)?;
        Ok(text)
    };
    let text = read();
    control.check()?;
    Ok(text)
}

#[cfg(unix)]
fn read_piece(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_piece(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// This is for systems whose files have only a cursor, which one thread at a time may move.
#[cfg(not(unix))]
mod cursor {
    use std::fs::File;
    use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
    use std::sync::{Mutex, PoisonError};

    static CURSOR: Mutex<()> = Mutex::new(());

    pub(super) fn read_piece(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let _turn = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }

    pub(super) fn write_piece(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let _turn = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }
}
