//! A contender that is timed, and the check that comes before.

use absmax::Integer;
use anyhow::ensure;

/// A contender.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    pub(crate) exact: Exact,
    /// One call, on the copy of the input with this number.
    pub(crate) run: Box<dyn FnMut(usize) + 'a>,
}

/// How the contender's answer compares with the definition, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exact {
    /// The answer is right to the bit.
    Yes,
    /// So many values of the answer are the neighbouring integer.
    Differ(usize),
    /// The contender computes something else: a limit of the machine, or another format.
    Other,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: impl Into<String>, exact: Exact, run: impl FnMut(usize) + 'a) -> Self {
        Self { name: name.into(), exact, run: Box::new(run) }
    }
}

/// Checks that every bit is right.
pub(crate) fn exactly<T: PartialEq>(name: &str, found: &[T], right: &[T]) -> anyhow::Result<Exact> {
    let wrong = found.iter().zip(right).position(|(found, right)| found != right);
    ensure!(found.len() == right.len() && wrong.is_none(), "{name}: value {wrong:?} is wrong");
    Ok(Exact::Yes)
}

/// Checks that every value is right or the neighbouring integer.
pub(crate) fn nearly(
    name: &str,
    found: impl ExactSizeIterator<Item = i32>,
    right: &[impl Integer],
) -> anyhow::Result<Exact> {
    ensure!(found.len() == right.len(), "{name}: {} values of {}", found.len(), right.len());
    let mut differ = 0;
    for (i, (found, right)) in found.zip(right).enumerate() {
        let right = right.to_i32();
        let distance = found.abs_diff(right);
        ensure!(distance <= 1, "{name}: value {i} is {found}, should be {right}");
        differ += distance as usize;
    }
    Ok(Exact::Differ(differ))
}

#[cfg(test)]
mod tests {
    use super::{Exact, exactly, nearly};

    #[test]
    fn wrong_answers_are_refused() {
        assert_eq!(exactly("", &[1, 2], &[1, 2]).unwrap(), Exact::Yes);
        assert!(exactly("", &[1, 3], &[1, 2]).is_err());
        assert!(exactly("", &[1], &[1, 2]).is_err());
    }

    #[test]
    fn neighbours_are_counted_and_others_refused() {
        assert_eq!(nearly("", [1, 3].into_iter(), &[1i8, 2]).unwrap(), Exact::Differ(1));
        assert!(nearly("", [1, 4].into_iter(), &[1i8, 2]).is_err());
        assert!(nearly("", [1].into_iter(), &[1i8, 2]).is_err());
    }
}
