//! Something that is timed.

/// A contender, with buffers of its own for its results.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) exact: Exact,
    pub(crate) run: Box<dyn FnMut() + 'a>,
}

/// How the contender's answer compares with the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exact {
    /// To the bit.
    Yes,
    /// So many values are the neighbouring integer.
    Differ(usize),
    /// It computes something else: a limit of the machine, or another format.
    Other,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: &'static str, exact: Exact, run: impl FnMut() + 'a) -> Self {
        Self { name, exact, run: Box::new(run) }
    }
}

/// Compares 8-bit results, shifted by `zero`, with the right ones; refuses to time nonsense.
pub(crate) fn compare(
    name: &str,
    found: impl Iterator<Item = i32>,
    right: &[i8],
) -> anyhow::Result<Exact> {
    let mut differ = 0;
    for (i, (found, &right)) in found.zip(right).enumerate() {
        let distance = found.abs_diff(right.into());
        anyhow::ensure!(distance <= 1, "{name}: value {i} is {found}, should be {right}");
        differ += distance as usize;
    }
    Ok(if differ == 0 { Exact::Yes } else { Exact::Differ(differ) })
}
