//! The command line.

use clap::Parser;

use crate::conditions::Conditions;
use crate::operations::{Operation, ROW};

/// Measures absmax beside other crates and plain loops
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Only this operation; may be repeated
    #[arg(long = "op", value_name = "NAME")]
    operations: Vec<Operation>,

    /// This many elements, as in 4096 or 4Ki, in place of 4Ki, 64Ki, 1Mi and 16Mi; may be repeated
    #[arg(long = "size", value_name = "N", value_parser = elements)]
    sizes: Vec<usize>,

    /// 256 Mi elements as well: takes some minutes and 4 GiB
    #[arg(long)]
    large: bool,

    #[command(flatten)]
    pub(crate) conditions: Conditions,

    /// Fail where a mark that the project sets itself is missed
    #[arg(long)]
    pub(crate) require: bool,
}

impl Args {
    /// The operations asked for.
    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation> {
        let wanted = |op: &Operation| self.operations.is_empty() || self.operations.contains(op);
        Operation::ALL.into_iter().filter(wanted)
    }

    /// The sizes asked for, in elements.
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

/// A number of elements that makes whole rows.
fn elements(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text {
        _ if text.ends_with("Ki") => (text.trim_end_matches("Ki"), 1 << 10),
        _ if text.ends_with("Mi") => (text.trim_end_matches("Mi"), 1 << 20),
        _ => (text, 1),
    };
    let count: usize = digits.parse().map_err(|error| format!("{error}"))?;
    match count.checked_mul(unit) {
        Some(n) if n > 0 && n % ROW == 0 => Ok(n),
        _ => Err(format!("has to be a multiple of {ROW}, the length of a row")),
    }
}
