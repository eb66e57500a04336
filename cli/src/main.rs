//! The command `absmax`, which quantizes checkpoints, exact to the bit.

mod cli;
mod compare;
mod console;
mod demo;
mod dequantize;
mod explain;
mod inspect;
mod interrupt;
mod memory;
mod plot;
mod pool;
mod quantize;
mod selftest;
mod sweep;
mod text;
mod usage;
mod values;

use std::io::Write as _;
use std::process::ExitCode;

use absmax_checkpoint::Error;
use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command};
use crate::text::printable;
use crate::usage::Usage;

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Quantize(args) => quantize::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Dequantize(args) => dequantize::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Compare(args) => compare::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Inspect(args) => inspect::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Sweep(args) => sweep::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Values(args) => values::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Demo => demo::run().map(|()| ExitCode::SUCCESS),
        Command::Selftest(args) => selftest::run(&args),
    };
    result.unwrap_or_else(|error| {
        if let Some(usage) = error.downcast_ref::<Usage>() {
            Cli::command().error(usage.kind, usage).exit();
        }
        let interrupted = matches!(error.downcast_ref(), Some(Error::Cancelled));
        let text = if interrupted {
            "interrupted: nothing was written".to_owned()
        } else {
            format!("{error:#}")
        };
        // If stderr is closed, there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "error: {}", printable(&text));
        if interrupted { interrupt::exit_code() } else { ExitCode::FAILURE }
    })
}
