//! Weights whose rows are no whole number of groups.

use std::collections::BTreeMap;

/// A weight whose rows the groups of its scheme do not divide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaggedWeight {
    /// Its name.
    pub tensor: String,
    /// Values of a row.
    pub row_len: usize,
    /// Values of a group.
    pub group_size: usize,
}

/// All of them by name; where these are many, those that differ only in numbers together.
pub(super) fn shown(weights: &[RaggedWeight]) -> String {
    const MOST: usize = 24;
    let mut alike: BTreeMap<(String, usize, usize), usize> = BTreeMap::new();
    for RaggedWeight { tensor, row_len, group_size } in weights {
        let name = if weights.len() > MOST { pattern(tensor) } else { tensor.clone() };
        *alike.entry((name, *row_len, *group_size)).or_default() += 1;
    }
    let texts = alike.into_iter().map(|((name, row_len, group_size), count)| {
        let count = if count > 1 { format!("{count} of ") } else { String::new() };
        format!("{name} ({count}{row_len} by {group_size})")
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Which groups would do: the largest, and the largest of a power of two.
pub(super) fn sizes_that_divide(divisor: usize, power_of_two: usize) -> String {
    let and = match power_of_two {
        _ if divisor == 1 => {
            return "no group of several values divides the rows of all".to_owned();
        }
        _ if divisor == power_of_two => String::new(),
        1 => ", and none of a power of two".to_owned(),
        size => format!(", and of powers of two those of {size}"),
    };
    format!("groups of {divisor} divide the rows of all weights{and}")
}

/// A name with stars for the numbers in it.
fn pattern(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = name.split('.').map(|part| if is_number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}
