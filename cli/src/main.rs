//! `absmax`: quantizes checkpoints, exact to the bit.

mod args;
mod compare;
mod console;
mod demo;
mod dequantize;
mod inspect;
mod interrupt;
mod memory;
mod plot;
mod quantize;
mod selftest;
mod sweep;
mod text;
mod values;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::console::printable;
use crate::interrupt::Interrupted;

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
        let interrupted = error.is::<Interrupted>();
        let text = if interrupted { Interrupted.to_string() } else { format!("{error:#}") };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "error: {}", printable(&text));
        if interrupted { interrupt::EXIT_CODE.into() } else { ExitCode::FAILURE }
    })
}
