//! The terminal: results to stdout, warnings and progress to stderr.

use std::io::{self, ErrorKind, Write as _};

use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

#[derive(Debug)]
pub(crate) struct Console {
    bar: ProgressBar,
}

impl Console {
    /// `total` is the number of bytes that [`Console::advance`] will be told of. The bar is there
    /// only if stderr is a terminal.
    pub(crate) fn new(total: u64) -> Self {
        let style = ProgressStyle::with_template(
            "{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go {msg}",
        );
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(total), target);
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())) }
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Prints text and a newline. A reader that went away (`| head`) has what it wanted.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let result = self.bar.suspend(|| writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            // Not as a cause, which would be taken for a full disk where OUT is.
            result => result.map_err(|error| anyhow!("cannot write to stdout: {error}")),
        }
    }

    /// Warns on stderr, which may be closed.
    pub(crate) fn warn(&self, text: &str) {
        let text = printable(text);
        let _ = self.bar.suspend(|| writeln!(io::stderr(), "warning: {text}"));
    }

    /// What is being done besides reading.
    pub(crate) fn say(&self, message: &'static str) {
        self.bar.set_message(message);
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Names come from files: what would steer a terminal is written as an escape.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
