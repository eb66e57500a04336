//! Runs the binary.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run left on the terminal.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `absmax` with these arguments.
pub(crate) fn absmax<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_absmax")).args(args).output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What was printed, without the warning that most tests' models name no architecture.
pub(crate) fn without_architecture(stderr: &str) -> String {
    let other = |line: &&str| !line.starts_with("warning: config.json names no architecture");
    stderr.split_inclusive('\n').filter(other).collect()
}

/// `absmax quantize SOURCE -o OUT` and more options, [`without_architecture`].
pub(crate) fn quantize(source: &Path, out: &Path, options: &[&str]) -> Run {
    let paths = [OsStr::new("quantize"), source.as_os_str(), OsStr::new("-o"), out.as_os_str()];
    let mut run = absmax(paths.into_iter().chain(options.iter().map(OsStr::new)));
    run.stderr = without_architecture(&run.stderr);
    run
}

/// Runs `absmax` with somebody who reads one line of what it prints and goes away, as `| head -1` does.
pub(crate) fn absmax_and_leave<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_absmax"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut stdout).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Run { code: output.status.code(), stdout, stderr }
}

impl Run {
    /// The run went well.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// The run failed with one line that says all of this.
    #[track_caller]
    pub(crate) fn failed_with(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{self:#?}");
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("error: "), "{self:#?}");
        assert_eq!(self.stderr.matches("error: ").count(), 1, "{self:#?}");
        for part in parts {
            assert!(last.contains(part), "{part:?} is not in {last:?}");
        }
        self
    }

    /// stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
