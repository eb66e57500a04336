//! Runs the quick proof, or writes the vectors, from the command line.

use std::path::Path;
use std::process::ExitCode;

use absmax::Backend;
use absmax_proof::{Effort, Session, checks, vectors};

const USAGE: &str = "absmax-proof quick          the quick proof; exit status 1 if anything differs
absmax-proof vectors DIR    the naive answers as JSON, written into DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["quick"] => quick(),
        ["vectors", dir] => match vectors::write(Path::new(dir)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("cannot write into {dir}: {error}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Runs the quick proof on the backends that this build knows of (with `--features absmax/std`, all
/// that the CPU has). It ends with the first check that fails.
fn quick() -> ExitCode {
    let session = Session::new(Backend::available(), Effort::Quick);
    for check in checks::of(Effort::Quick) {
        match check.run(&session) {
            Ok(outcome) if outcome.passed() => println!("{}: passed", check.name),
            Ok(outcome) => {
                print!("{outcome}");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
