//! Names several things in one line.

/// As many names as can be read at a glance, and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    match names.len() {
        0..=MOST => names.join(", "),
        n => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
    }
}
