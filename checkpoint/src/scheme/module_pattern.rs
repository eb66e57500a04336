//! Modules by name or by pattern.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// Modules of a model: an exact name, or `re:` and a regular expression that matches from the
/// beginning of the name and not necessarily to its end, as compressed-tensors understands them.
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
    /// Whether it means this module, whose weight is the tensor `{module}.weight`.
    pub fn matches(&self, module: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.is_match(module),
            None => self.text.strip_suffix(".weight").unwrap_or(&self.text) == module,
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
        // From the beginning, and not necessarily to the end: Python's re.match.
        let pattern = text.strip_prefix("re:").map(|p| Regex::new(&format!("^(?:{p})")));
        let pattern = pattern.transpose().map_err(|error| InvalidOption::new(error.to_string()))?;
        Ok(Self { text: text.to_owned(), pattern })
    }
}

impl fmt::Display for ModulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(ModulePattern);
