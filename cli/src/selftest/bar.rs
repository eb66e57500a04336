//! A bar on stderr that shows how far the selftest is. It is shown only if stderr is a terminal.

use absmax_proof::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for one check after another.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = "{msg:20} {wide_bar} {percent:>3}%  {elapsed} of {duration}, {eta} to go";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is well-formed"));
        Self(bar)
    }
}

impl Progress for Bar {
    fn begin(&self, what: &'static str, steps: usize) {
        self.0.reset();
        self.0.set_message(what);
        self.0.set_length(steps as u64);
    }

    fn step(&self) {
        self.0.inc(1);
    }
}

/// Leaves no trace on the terminal.
impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
