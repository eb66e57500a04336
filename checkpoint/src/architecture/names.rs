//! Names of modules, and their patterns: names with `*` for every index.

/// A name with `*` for its indices, and the indices.
pub(super) fn pattern(name: &str) -> (String, Vec<&str>) {
    let (mut pattern, mut indices) = (String::with_capacity(name.len()), Vec::new());
    for (i, part) in name.split('.').enumerate() {
        if i > 0 {
            pattern.push('.');
        }
        if is_index(part) {
            indices.push(part);
            pattern.push('*');
        } else {
            pattern.push_str(part);
        }
    }
    (pattern, indices)
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

/// A regular expression for a name and those that differ from it in their indices only.
pub(crate) fn with_any_index(name: &str) -> String {
    let parts = name.split('.').map(|part| match part {
        part if is_index(part) => r"\d+".to_owned(),
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
