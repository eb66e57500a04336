//! Names modules exactly or by a pattern.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::invalid::InvalidOption;
use super::python_pattern::other_in_python;
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
            None => self.name() == Some(module),
        }
    }

    /// The name of the module, which is that of the weight without `.weight`, if the pattern is no
    /// regular expression.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = || self.text.strip_suffix(".weight").unwrap_or(&self.text);
        self.pattern.is_none().then(name)
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

impl fmt::Display for ModulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(ModulePattern);
