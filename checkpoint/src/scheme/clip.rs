//! Whether a scale reaches the largest weights, or cuts them off.

use std::fmt;
use std::str::FromStr;

use absmax::Observer;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// What is cut off of the weights that share a scale. Its text is `none`, `percentile=P` or `mse`.
///
/// ```
/// use absmax_checkpoint::Clip;
///
/// assert_eq!("percentile=99.9".parse(), Ok(Clip::Percentile(99.9)));
/// assert!("percentile=101".parse::<Clip>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clip {
    /// Nothing: the scale reaches the largest magnitude.
    #[default]
    None,
    /// What is above this percentile of the magnitudes, a number above 0 and at most 100.
    Percentile(f64),
    /// What has to be cut off to make the sum of squared errors least.
    Mse,
}

impl Clip {
    /// Checks that a percentile is above 0 and at most 100.
    pub(crate) fn check(self) -> Result<(), InvalidOption> {
        self.observer().map(drop).map_err(|error| InvalidOption::new(error.to_string()))
    }

    /// The observer that sees the weights and then knows their parameters.
    pub(crate) fn observer(self) -> absmax::Result<Observer> {
        match self {
            Self::None => Ok(Observer::min_max()),
            Self::Percentile(percent) => Observer::percentile(percent),
            Self::Mse => Ok(Observer::mse()),
        }
    }
}

impl FromStr for Clip {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        let wrong = |right| Err(InvalidOption::new(format!("{text:?} has to be {right}")));
        let clip = match (text, text.split_once('=')) {
            ("none", _) => Self::None,
            ("mse", _) => Self::Mse,
            (_, Some(("percentile", percent))) => match percent.parse() {
                Ok(percent) => Self::Percentile(percent),
                Err(_) => return wrong("percentile=P, P a number"),
            },
            _ => return wrong("none, percentile=P or mse"),
        };
        clip.check()?;
        Ok(clip)
    }
}

impl fmt::Display for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Percentile(percent) => write!(f, "percentile={percent}"),
            Self::Mse => f.write_str("mse"),
        }
    }
}

serde_as_text!(Clip);
