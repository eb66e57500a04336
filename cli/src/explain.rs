//! Says the library's errors and warnings in the words of the command line.

use absmax_checkpoint::{Error, Reason, Warning};
use anyhow::anyhow;

use crate::text::grouped;

/// What else a command can do about an error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Advice {
    /// What `--ignore` does to a weight.
    pub(crate) ignore: &'static str,
    /// What reads a checkpoint that is quantized already.
    pub(crate) requantize: &'static str,
}

/// An error with the options that would help.
pub(crate) fn explain(error: Error, advice: Advice) -> anyhow::Error {
    let hint = match error.root() {
        Error::NotFinite { tensor, .. } | Error::ScaleOverflow { tensor, .. } => {
            let module = tensor.strip_suffix(".weight").unwrap_or(tensor);
            format!(" (--ignore {module} {})", advice.ignore)
        }
        Error::StackedExperts { .. } => " (--experts keep leaves them so on purpose)".to_owned(),
        Error::Unloadable { can_be_kept: false, .. } => {
            " (--on-unloadable write quantizes them for engines that load them)".to_owned()
        }
        Error::Unloadable { .. } => {
            " (--on-unloadable keep leaves them as they are, --on-unloadable write quantizes them \
             for engines that load them)"
                .to_owned()
        }
        Error::UnevenGroups { divisor, power_of_two, .. } => {
            // Engines have kernels for groups of 32 and of larger powers of two.
            let size = if *power_of_two >= 32 { power_of_two } else { divisor };
            let sizes = match size {
                1 => String::new(),
                size => format!(" or --granularity group={size}"),
            };
            format!(" (--on-ragged keep or channel{sizes})")
        }
        Error::AlreadyQuantized { is_readable: true, .. } => advice.requantize.to_owned(),
        Error::OutExists { .. } => " (--force replaces the files in it)".to_owned(),
        _ => String::new(),
    };
    match error {
        Error::DiskFull { needed, source } => {
            let text = format!("OUT takes {} bytes and there is less room", grouped(needed));
            anyhow::Error::from(*source).context(text)
        }
        Error::KeptTensor { tensor, reason: kept } => {
            anyhow!("tensor {tensor} is not one that is quantized: {}", reason(&kept))
        }
        error if hint.is_empty() => error.into(),
        error => anyhow!("{:#}{hint}", anyhow::Error::from(error)),
    }
}

/// Who gives a word of a name as a pattern may think that it is looked for anywhere.
fn advice(pattern: &str) -> String {
    let word = pattern.strip_prefix("re:").filter(|word| word.starts_with(char::is_alphanumeric));
    let advice =
        |word| format!(" (a pattern begins where a name does; re:.*{word} matches within)");
    word.map(advice).unwrap_or_default()
}

/// A warning with the option that it is about.
pub(crate) fn warning(warning: &Warning) -> String {
    match warning {
        Warning::UnusedIgnore { pattern } => {
            let advice = advice(pattern);
            format!("--ignore {pattern} matches no two-dimensional weight{advice}")
        }
        Warning::UnusedOverride { text, matches: false } => {
            let advice = advice(text);
            format!("--override {text} matches no two-dimensional weight{advice}")
        }
        Warning::UnusedOverride { text, matches: true } => format!(
            "--override {text} has no effect: what it matches is kept, or matched by another one \
             before it"
        ),
        Warning::UnknownArchitecture { .. } => {
            format!("{warning}; --dry-run lists what each is taken for")
        }
        other => other.to_string(),
    }
}

/// A reason with the option that it comes from.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Ignored(pattern) => format!("--ignore {pattern}"),
        other => other.to_string(),
    }
}
