//! Names of modules, and their patterns: names with `*` for every index.

/// The patterns that a name may have in the table, those with more indices before those with more
/// `*`, and with each the indices that its `*` stand for. The table has `*` for the layers of a
/// list, and the index for a place in a fixed sequence.
pub(super) fn patterns(name: &str) -> impl Iterator<Item = (String, Vec<&str>)> {
    // No model has more lists within lists.
    const MOST: usize = 6;
    let count = name.split('.').filter_map(index_of).count().min(MOST);
    (0..1_u32 << count)
        .map(move |stars| starred(name, |index| index >= count || stars >> index & 1 == 1))
}

/// The pattern of a name that has `*` for all of its indices, and these.
pub(super) fn with_stars(name: &str) -> (String, Vec<&str>) {
    starred(name, |_| true)
}

/// A name with `*` for some of its indices, and these.
fn starred(name: &str, is_star: impl Fn(usize) -> bool) -> (String, Vec<&str>) {
    let (mut pattern, mut indices, mut index) = (String::new(), Vec::new(), 0);
    for (i, part) in name.split('.').enumerate() {
        if i > 0 {
            pattern.push('.');
        }
        let Some((before, digits)) = index_of(part) else {
            pattern.push_str(part);
            continue;
        };
        if is_star(index) {
            indices.push(digits);
            pattern.push_str(before);
            pattern.push('*');
        } else {
            pattern.push_str(part);
        }
        index += 1;
    }
    (pattern, indices)
}

/// The name that a pattern has with these indices.
pub(super) fn filled(pattern: &str, indices: &[&str]) -> String {
    let mut indices = indices.iter();
    let parts = pattern.split('*').map(str::to_owned);
    let filled = parts.reduce(|name, part| name + indices.next().unwrap_or(&"*") + &part);
    filled.unwrap_or_default()
}

/// Writes a name with `*` for each of its parts that is a number.
pub(crate) fn write_without_numbers(name: &str, pattern: &mut String) {
    pattern.clear();
    for (i, part) in name.split('.').enumerate() {
        if i > 0 {
            pattern.push('.');
        }
        pattern.push_str(if is_digits(part) { "*" } else { part });
    }
}

/// A regular expression for a name, or a pattern of names, and all names that differ from it in
/// their indices only.
pub(crate) fn with_any_index(name: &str) -> String {
    let parts = name.split('.').map(|part| match part {
        part if is_digits(part) => r"\d+".to_owned(),
        part => regex::escape(part).replace(r"\*", r"\d+"),
    });
    format!("^{}$", parts.collect::<Vec<_>>().join(r"\."))
}

/// A module's name as loaders take it where they take patterns and classes, too.
pub(crate) fn exact(name: &str) -> String {
    let is_like_a_class =
        name.starts_with(char::is_uppercase) && !name.contains('.') || name == "object";
    if name.starts_with("re:") || is_like_a_class {
        format!("re:^{}$", regex::escape(name))
    } else {
        name.to_owned()
    }
}

/// A name behind a prefix, either of which may be empty.
pub(super) fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() || name.is_empty() {
        format!("{prefix}{name}")
    } else {
        format!("{prefix}.{name}")
    }
}

/// A name with another prefix. Prefixes end in a dot, and one that is a dot alone is empty.
pub(super) fn with_prefix(name: &str, from: &str, to: &str) -> Option<String> {
    let (from, to) = (from.trim_start_matches('.'), to.trim_start_matches('.'));
    let rest = name.strip_prefix(from)?;
    (from.is_empty() || from.ends_with('.')).then(|| format!("{to}{rest}"))
}

/// What is left of a name within a prefix.
pub(super) fn within<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(prefix)?.strip_prefix('.')
}

/// The index that a part of a name is, or that follows its last `_`, and what is before it.
fn index_of(part: &str) -> Option<(&str, &str)> {
    let digits = part.rsplit('_').next().filter(|digits| is_digits(digits))?;
    Some((&part[..part.len() - digits.len()], digits))
}

fn is_digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}
