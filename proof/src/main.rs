//! The proof, and the vectors, from the command line.

use std::path::Path;
use std::process::ExitCode;

use absmax::Isa;
use absmax_proof::{Effort, Session, Status, checks, vectors};

const USAGE: &str = "\
absmax-proof quick [ISA]     a quick proof of every backend, or of one; exit status 1 if anything differs
absmax-proof normal [ISA]    a whole one
absmax-proof vectors DIR     the naive answers as JSON, written into DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["quick"] => prove(Effort::Quick, Ok(Status::all())),
        ["quick", isa] => prove(Effort::Quick, only(isa)),
        ["normal"] => prove(Effort::Normal, Ok(Status::all())),
        ["normal", isa] => prove(Effort::Normal, only(isa)),
        ["vectors", dir] => match vectors::write(Path::new(dir)) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(format!("cannot write into {dir}: {error}")),
        },
        _ => Err(USAGE.to_owned()),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}

/// The backend of that name alone.
fn only(isa: &str) -> Result<Vec<Status>, String> {
    let isa: Isa = isa.parse().map_err(|error: absmax::Error| error.to_string())?;
    Status::only(isa).map_err(|error| error.to_string())
}

/// Proves backends that this build knows of (with `--features absmax/std` all that the CPU has). Ends with
/// the first check that fails.
fn prove(effort: Effort, backends: Result<Vec<Status>, String>) -> Result<ExitCode, String> {
    let session = Session::new(backends?.iter().filter_map(Status::running), effort);
    for check in checks::of(effort) {
        let outcome = check.run(&session).map_err(|error| error.to_string())?;
        if !outcome.passed() {
            print!("{outcome}");
            return Ok(ExitCode::FAILURE);
        }
        let cases: u64 = outcome.backends.iter().map(|counts| counts.cases).sum();
        println!("{}: {cases} results agree", check.name);
    }
    for division in checks::divisions(&session) {
        if !division.passed() {
            println!("MISMATCH in the exact division: {division:?}");
            return Ok(ExitCode::FAILURE);
        }
        println!("division on {}: {} cases agree", division.backend, division.cases);
    }
    Ok(ExitCode::SUCCESS)
}
