//! Names and counts several things in one line.

/// A number of things, each of which is a `noun`.
pub(crate) fn count_of(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// As many names as can be read at a glance, and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    match names.len() {
        0..=MOST => names.join(", "),
        n => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
    }
}
