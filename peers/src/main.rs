//! Measures absmax beside other crates and plain loops, interleaved in one process, and prints a
//! table of ratios for each operation.
//!
//! Every contender's answer is checked before it is timed: the exact ones to the bit against
//! `absmax::reference`, the others to one integer, with the number of values that differ.

mod args;
mod contender;
mod division;
mod loops;
mod marks;
mod measure;
mod operations;
mod peers;
mod table;

use std::process::ExitCode;

use absmax::Backend;
use clap::Parser as _;

use crate::args::Args;
use crate::marks::Marks;
use crate::operations::Operation;

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    println!("absmax {} beside its peers", env!("CARGO_PKG_VERSION"));
    println!("best backend: {}, threads of absmax: {}", Backend::best().isa(), args.threads);
    println!("GB/s of f32 bytes, medians; in brackets absmax (the first row) over the peer\n");
    let mut marks = Marks::default();
    for operation in Operation::ALL {
        if !args.wants(operation) {
            continue;
        }
        let results: Vec<_> = args
            .sizes()
            .into_iter()
            .map(|size| pool.install(|| operation.measure(size, &args)))
            .collect::<anyhow::Result<_>>()?;
        println!("{operation}\n{}\n", table::table(&results));
        marks.note(operation, &results);
    }
    Ok(if args.require && !marks.report() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
