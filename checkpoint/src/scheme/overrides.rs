//! Overrides, which give some modules another scheme than the rest.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidOption;
use super::module_pattern::ModulePattern;
use super::text::serde_as_text;
use super::weight_scheme::WeightScheme;

/// A scheme for some modules. Its text is `NAME=SCHEME` or `re:PATTERN=SCHEME`.
///
/// The last `=w` of the text divides it: schemes begin with a w and have no other one, and
/// patterns may hold whatever they need to.
///
/// ```
/// let mlp: absmax_checkpoint::Override = "re:.*mlp.*=w4a16,group=32".parse()?;
/// assert!(mlp.modules.matches("model.layers.0.mlp.up_proj"));
/// assert_eq!(mlp.scheme.bits(), 4);
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The modules that it is for.
    pub modules: ModulePattern,
    /// What their weights become.
    pub scheme: WeightScheme,
}

impl FromStr for Override {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        // Schemes begin with a w; patterns and schemes may have other equals signs.
        let (modules, scheme) = text.rsplit_once("=w").ok_or_else(|| {
            InvalidOption::new(format!(
                "{text:?} has to be NAME=SCHEME or re:PATTERN=SCHEME, with a SCHEME of w8a8, w8a16 \
                 or w4a16"
            ))
        })?;
        Ok(Self { modules: modules.parse()?, scheme: format!("w{scheme}").parse()? })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.modules, self.scheme)
    }
}

serde_as_text!(Override);
