//! The terminal. Results go to stdout, and warnings and progress go to stderr.

use std::io::{self, ErrorKind, Write as _};

use absmax_checkpoint::{Control, Event, Progress};
use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::text::printable;
use crate::{explain, interrupt};

#[derive(Debug)]
pub(crate) struct Console {
    bar: ProgressBar,
}

impl Console {
    /// A console whose bar is shown only if stderr is a terminal, and only once there is progress.
    pub(crate) fn new() -> Self {
        let style = ProgressStyle::with_template(
            "{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go {msg}",
        );
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())) }
    }

    /// A control that follows an operation, and stops it on an interrupt.
    pub(crate) fn control(&self) -> Control<'_> {
        Control::new().with_cancel(interrupt::flag()).with_events(|event| self.follow(event))
    }

    /// Shows how far an operation is, and warns of what it warns of.
    pub(crate) fn follow(&self, event: Event<'_>) {
        match event {
            Event::Progress(Progress { done, total }) => {
                self.bar.set_length(total);
                self.bar.set_position(done);
            }
            Event::Warning(warning) => self.warn(&explain::warning(warning)),
            Event::Flushing(_) => self.bar.set_message("flushing"),
            Event::Written(_) => self.bar.set_message(""),
            _ => {}
        }
    }

    /// Prints text and a newline. A reader that went away (`| head`) has what it wanted.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let result = self.bar.suspend(|| writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            // The error is not kept as a cause, which would be taken for a full disk where OUT is.
            result => result.map_err(|error| anyhow!("cannot write to stdout: {error}")),
        }
    }

    /// Warns on stderr, which may be closed.
    fn warn(&self, text: &str) {
        let text = printable(text);
        let _ = self.bar.suspend(|| writeln!(io::stderr(), "warning: {text}"));
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
