//! Modules by name or by pattern, as `--ignore` and `--override` take them.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

/// An exact name, or `re:` and a pattern, as compressed-tensors understands them.
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

impl FromStr for ModulePattern {
    type Err = regex::Error;

    fn from_str(text: &str) -> Result<Self, regex::Error> {
        // From the beginning, and not necessarily to the end: Python's re.match.
        let pattern = text.strip_prefix("re:").map(|p| Regex::new(&format!("^(?:{p})")));
        Ok(Self { text: text.to_owned(), pattern: pattern.transpose()? })
    }
}

impl fmt::Display for ModulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
