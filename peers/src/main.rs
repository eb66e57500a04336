//! Measures absmax beside other crates and plain loops, interleaved in one process, and prints a
//! table of ratios for each operation.
//!
//! Every contender's answer is checked before it is timed. Exact contenders have to agree with
//! `absmax::reference` to the bit. Others may differ by one integer, and the number of values that
//! differ is shown.

mod args;
mod buffer;
mod clock;
mod conditions;
mod contender;
#[cfg(target_arch = "x86_64")]
mod division;
#[cfg(target_arch = "x86_64")]
mod ggml;
mod header;
mod loops;
mod marks;
mod measure;
mod operations;
mod peers;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::operations::Run;

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.conditions.threads).build()?;
    header::print(&args.conditions);
    let mut results = Vec::new();
    for operation in args.operations() {
        let measure = |elements| {
            let run = Run::new(elements, &args.conditions);
            pool.install(|| operation.measure(&run))
        };
        let timings = args.sizes().into_iter().map(measure).collect::<anyhow::Result<Vec<_>>>()?;
        println!("{operation}\n{}\n", table::table(&timings));
        results.push((operation, timings));
    }
    Ok(if args.require && !marks::report(&results) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
