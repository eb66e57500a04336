//! The command line.

use clap::Parser;

use crate::operations::Operation;

/// Measures absmax beside other crates and plain loops.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Only these operations
    #[arg(long = "op", value_name = "NAME")]
    operations: Vec<Operation>,

    /// These sizes, in elements, in place of 4 Ki, 64 Ki, 1 Mi and 16 Mi
    #[arg(long = "size", value_name = "N")]
    sizes: Vec<usize>,

    /// 256 Mi elements as well: takes some minutes and 6 GiB
    #[arg(long)]
    large: bool,

    /// Threads of absmax; the peers run on one
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,

    /// Seconds for each operation and size
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,

    /// Fail where a mark that the project sets itself is missed
    #[arg(long)]
    pub(crate) require: bool,
}

impl Args {
    pub(crate) fn wants(&self, operation: Operation) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }

    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = self.sizes.clone();
        if sizes.is_empty() {
            sizes.extend([4 << 10, 64 << 10, 1 << 20, 16 << 20]);
        }
        if self.large {
            sizes.push(256 << 20);
        }
        sizes
    }
}
