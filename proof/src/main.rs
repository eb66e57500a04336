//! The quick proof, and the vectors, from the command line.

use std::process::ExitCode;

use absmax_proof::{Effort, Status, prove};

const USAGE: &str = "absmax-proof quick          the quick proof; exit status 1 if anything differs
absmax-proof vectors DIR    the naive answers as JSON, written into DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["quick"] => quick(),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn quick() -> ExitCode {
    match prove(Status::all(), Effort::Quick, None, &()) {
        Ok(report) => {
            report.checks.iter().for_each(|outcome| print!("{outcome}"));
            println!(
                "{} ({:.1} s)",
                if report.passed { "passed" } else { "FAILED" },
                report.seconds
            );
            if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
