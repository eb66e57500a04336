//! Names modules exactly or by a pattern.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// Modules of a model: an exact name, or `re:` and a regular expression that matches from the
/// beginning of the name and not necessarily to its end, as compressed-tensors understands them.
///
/// Regular expressions are those of the crate [regex](https://docs.rs/regex/#syntax), which has
/// neither look-around nor back-references, as far as Python understands them in the same way,
/// since the model is loaded by them. They are matched against names of modules, which do not end
/// in `.weight`. An exact name may also be that of the weight, which does. Case counts. A text
/// without a name or pattern is refused, and so are `Linear` and `Module`, which loaders take for
/// classes.
///
/// ```
/// use absmax_checkpoint::ModulePattern;
///
/// let heads: ModulePattern = "re:.*attention".parse()?;
/// assert!(heads.matches("encoder.layer.0.attention.self.query"));
/// let one: ModulePattern = "pooler.dense".parse()?;
/// assert!(one.matches("pooler.dense") && !one.matches("pooler.dense.0"));
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Debug)]
pub struct ModulePattern {
    text: String,
    pattern: Option<Regex>,
}

impl ModulePattern {
    /// Whether the pattern matches this module, whose weight is the tensor `{module}.weight`.
    pub fn matches(&self, module: &str) -> bool {
        match &self.pattern {
            // As in Python's `re.match`, a match has to begin at the beginning and need not reach
            // the end. If any match begins there, the leftmost one does.
            Some(pattern) => pattern.find(module).is_some_and(|found| found.start() == 0),
            None => self.of_modules() == module,
        }
    }

    /// The text as loaders take it, which match modules and not weights: an exact name without
    /// `.weight`, or a pattern as it is.
    pub(crate) fn of_modules(&self) -> &str {
        match self.pattern {
            Some(_) => &self.text,
            None => self.text.strip_suffix(".weight").unwrap_or(&self.text),
        }
    }
}

impl PartialEq for ModulePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl FromStr for ModulePattern {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        if matches!(text, "" | "re:") {
            return Err(InvalidOption::new(format!(
                "{text:?} names no module: it has to be NAME or re:PATTERN"
            )));
        }
        if matches!(text, "Linear" | "Module") {
            return Err(InvalidOption::new(format!(
                "{text} is a class to those who load the model, and every layer is of it: name modules"
            )));
        }
        if let Some(part) = text.strip_prefix("re:").and_then(other_in_python) {
            return Err(InvalidOption::new(format!(
                "{text}: {part:?} is not the same in the regular expressions of Python, by which the \
                 model is loaded"
            )));
        }
        let pattern = text.strip_prefix("re:").map(Regex::new).transpose();
        let pattern = pattern.map_err(|error| {
            // The lines of the error before the last one repeat the pattern and point into it.
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            InvalidOption::new(format!("{text} is not a regular expression: {reason}"))
        })?;
        Ok(Self { text: text.to_owned(), pattern })
    }
}

/// A part of a pattern that Python refuses or understands in another way.
fn other_in_python(pattern: &str) -> Option<&str> {
    const ESCAPES: [&str; 9] = [r"\z", r"\p", r"\P", r"\<", r"\>", r"\b{", r"\x{", r"\u", r"\U"];
    let (mut at, mut in_class) = (0, false);
    while let Some(next) = pattern[at..].chars().next() {
        let rest = &pattern[at..];
        let has =
            |parts: &[&'static str]| parts.iter().copied().find(|&part| rest.starts_with(part));
        let mut len = next.len_utf8();
        match next {
            '\\' => {
                if let Some(part) = has(&ESCAPES) {
                    return Some(&rest[..part.len()]);
                }
                len += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            '[' if in_class => return Some(&rest[..1]),
            '[' => {
                in_class = true;
                // Here a bracket that closes stands for itself.
                len = ["[^]", "[]", "[^"]
                    .iter()
                    .find(|s| rest.starts_with(**s))
                    .map_or(1, |s| s.len());
            }
            ']' => in_class = false,
            _ if in_class => {
                if let Some(part) = has(&["&&", "--", "~~"]) {
                    return Some(&rest[..part.len()]);
                }
            }
            '(' => {
                let flags = rest.strip_prefix("(?").unwrap_or_default();
                let end = flags.find([':', ')']).unwrap_or(0);
                let is_flags =
                    end > 0 && flags[..end].chars().all(|c| c == '-' || c.is_alphabetic());
                // Flags for all that follows stand at the beginning.
                let is_late = is_flags && flags[end..].starts_with(')') && at > 0;
                let is_named =
                    flags.starts_with('<') && !flags.starts_with("<=") && !flags.starts_with("<!");
                if is_named || is_late || is_flags && flags[..end].contains(['U', 'R', 'u']) {
                    return Some(&rest[..(2 + end + 1).min(rest.len())]);
                }
            }
            _ => {}
        }
        at += len;
    }
    None
}

impl fmt::Display for ModulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(ModulePattern);
