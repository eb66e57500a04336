//! `--override`: modules that get another scheme than the rest.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result};

use crate::format::header::Tensor;
use crate::scheme::module_pattern::ModulePattern;
use crate::scheme::weight_scheme::WeightScheme;

/// `NAME=SCHEME` or `re:PATTERN=SCHEME`.
#[derive(Clone, Debug)]
pub struct Override {
    pub modules: ModulePattern,
    pub scheme: WeightScheme,
}

impl FromStr for Override {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        // Schemes begin with a w; patterns and schemes may have other equals signs.
        let (modules, scheme) =
            text.rsplit_once("=w").context("has to be NAME=SCHEME or re:PATTERN=SCHEME")?;
        Ok(Self { modules: modules.parse()?, scheme: format!("w{scheme}").parse()? })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.modules, self.scheme)
    }
}

/// What becomes of the weights that are quantized.
#[derive(Debug)]
pub struct Schemes<'a> {
    /// That of what no override matches.
    pub default: WeightScheme,
    /// The first one that matches is taken.
    pub overrides: &'a [Override],
}

impl<'a> Schemes<'a> {
    pub fn of(&self, tensor: &Tensor) -> WeightScheme {
        self.overriding(tensor).map_or(self.default, |o| o.scheme)
    }

    /// The override that is taken.
    pub fn overriding(&self, tensor: &Tensor) -> Option<&'a Override> {
        let module = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name);
        self.overrides.iter().find(|o| o.modules.matches(module))
    }
}
