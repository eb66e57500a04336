//! Names of modules, and their patterns: names with `*` for every index.

/// The patterns that a name may have in the table, those with more indices before those with more
/// `*`, and with each the indices that its `*` stand for. The table has `*` for the layers of a
/// list, and the index for a place in a fixed sequence.
pub(super) fn patterns(name: &str) -> impl Iterator<Item = (String, Vec<&str>)> {
    // No model has more lists within lists.
    const MOST: usize = 6;
    let count = name.split('.').filter(|part| is_index(part)).count().min(MOST);
    (0..1_u32 << count).map(move |stars| {
        let (mut pattern, mut indices, mut index) = (Vec::new(), Vec::new(), 0);
        for part in name.split('.') {
            let is_star = is_index(part) && (index >= count || stars >> index & 1 == 1);
            index += usize::from(is_index(part));
            if is_star {
                indices.push(part);
            }
            pattern.push(if is_star { "*" } else { part });
        }
        (pattern.join("."), indices)
    })
}

/// The name that a pattern has with these indices.
pub(super) fn filled(pattern: &str, indices: &[&str]) -> String {
    let mut indices = indices.iter();
    let parts = pattern.split('.').map(|part| match part {
        "*" => indices.next().unwrap_or(&"*"),
        part => part,
    });
    parts.collect::<Vec<_>>().join(".")
}

/// A regular expression for a name, or a pattern of names, and all names that differ from it in
/// their indices only.
pub(crate) fn with_any_index(name: &str) -> String {
    let parts = name.split('.').map(|part| match part {
        part if part == "*" || is_index(part) => r"\d+".to_owned(),
        part => regex::escape(part),
    });
    format!("^{}$", parts.collect::<Vec<_>>().join(r"\."))
}

/// A name behind a prefix, either of which may be empty.
pub(super) fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() || name.is_empty() {
        format!("{prefix}{name}")
    } else {
        format!("{prefix}.{name}")
    }
}

/// What is left of a name within a prefix.
pub(super) fn within<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(prefix)?.strip_prefix('.')
}

fn is_index(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}
