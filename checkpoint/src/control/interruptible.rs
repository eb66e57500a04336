//! Readers and writers for other libraries, which end when the operation is asked to stop.

use std::io::{self, Read, Write};

use super::watch::Control;

/// A reader or writer that fails when the operation was asked to stop: a parser that reads from it
/// then stops, too.
pub(crate) struct Interruptible<'c, 'a, T> {
    pub(crate) inner: T,
    pub(crate) control: &'c Control<'a>,
}

impl<T> Interruptible<'_, '_, T> {
    fn check(&self) -> io::Result<()> {
        // The error is not that of an interrupted call, which callers would try again.
        self.control.check().map_err(io::Error::other)
    }
}

impl<T: Read> Read for Interruptible<'_, '_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.read(buffer)
    }
}

impl<T: Write> Write for Interruptible<'_, '_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
