//! The warnings: what is not wrong, and may still not be what was wanted.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{count_of, listed};

/// Something that an operation goes on in spite of.
///
/// ```
/// use absmax_checkpoint::Warning;
///
/// let warning = Warning::UnusedIgnore { pattern: "lm_haed".to_owned() };
/// assert_eq!(warning.to_string(), "nothing to ignore: lm_haed matches no two-dimensional weight");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// A file of weights or an index is left out, because loaders prefer another one.
    LeftOut {
        /// The file.
        file: String,
        /// What loaders prefer.
        preferred: String,
    },
    /// Files that a training leaves to go on from are left out.
    TrainingState {
        /// The files and directories, relative to the source.
        files: Vec<String>,
    },
    /// A tensor is in a file and not in the index.
    NotInIndex {
        /// The tensor.
        tensor: String,
        /// Its file.
        file: String,
    },
    /// A pattern of modules to be ignored matches no module.
    UnusedIgnore {
        /// The pattern.
        pattern: String,
    },
    /// No weight gets an override's scheme.
    UnusedOverride {
        /// The override's text.
        text: String,
        /// Whether the override matches weights. If it does, they are kept, or another override
        /// before it matches them.
        matches: bool,
    },
    /// The architecture is not known: modules are told apart by their names.
    UnknownArchitecture {
        /// Why, in words.
        why: String,
    },
    /// Models within the model are not known: their modules are told apart by their names.
    UnknownParts {
        /// The names of the models within the model.
        prefixes: Vec<String>,
    },
    /// The architecture is known and has no modules for some weights, which are kept.
    UnknownModules {
        /// One of the tensors.
        tensor: String,
        /// How many there are.
        tensors: usize,
    },
    /// Some weights are kept because transformers does not load them in the scheme that they would
    /// get.
    KeptUnloadable {
        /// One of the weights.
        tensor: String,
        /// How many there are.
        tensors: usize,
        /// What happens, and which way out there is.
        limit: Cow<'static, str>,
    },
    /// What seem to be stacked experts is kept.
    StackedExperts {
        /// One of the tensors.
        tensor: String,
        /// How many there are.
        tensors: usize,
        /// Their bytes.
        bytes: u64,
        /// The bytes of all tensors.
        of: u64,
    },
    /// Loaders will round scales to another type than that of the weights.
    ScaleType {
        /// How many weights.
        count: usize,
        /// Their type.
        dtype: String,
        /// The key of config.json that says the other type.
        key: String,
        /// The other type.
        loaded: String,
    },
    /// Some loaders do not take a scheme, or take it in one way only: what is known of them, in
    /// words.
    Loaders(String),
    /// Some integers times their scales overflow the type that loaders compute in, and become
    /// infinite.
    Overflow {
        /// The tensor.
        tensor: String,
        /// The type.
        dtype: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOut { file, preferred } => {
                write!(f, "{file} is left out: loaders prefer {preferred}")
            }
            Self::TrainingState { files } => {
                write!(f, "training state is left out: {}", listed(files))
            }
            Self::NotInIndex { tensor, file } => {
                write!(f, "tensor {tensor} of {file} is not in the index")
            }
            Self::UnusedIgnore { pattern } => {
                write!(f, "nothing to ignore: {pattern} matches no two-dimensional weight")
            }
            Self::UnusedOverride { text, matches: false } => {
                write!(f, "nothing to override: {text} matches no two-dimensional weight")
            }
            Self::UnusedOverride { text, matches: true } => write!(
                f,
                "the override {text} has no effect: what it matches is kept, or matched by another \
                 one before it"
            ),
            Self::UnknownArchitecture { why } => {
                write!(f, "{why}: what to quantize is chosen by the names of modules")
            }
            Self::UnknownParts { prefixes } => write!(
                f,
                "the architecture of {} is not known: what to quantize in it is chosen by the \
                 names of modules",
                listed(prefixes)
            ),
            Self::UnknownModules { tensor, tensors } => write!(
                f,
                "weights are kept because the architecture has no modules for them: {tensors}, such \
                 as {tensor}"
            ),
            Self::KeptUnloadable { tensor, tensors, limit } => {
                write!(f, "weights are kept ({tensors}, such as {tensor}): {limit}")
            }
            Self::StackedExperts { tensor, tensors, bytes, of } => write!(
                f,
                "tensors that seem to hold stacked experts are kept ({tensors}, such as {tensor}): \
                 {bytes} of {of} bytes ({:.0} %) stay as they are",
                100.0 * *bytes as f64 / *of as f64
            ),
            Self::ScaleType { count, dtype, key, loaded } => write!(
                f,
                "{} {} {dtype} and config.json has {key} {loaded}: scales are stored as {dtype}, \
                 and loaders will round them to {loaded}",
                count_of(*count, "weight"),
                if *count == 1 { "is" } else { "are" },
            ),
            Self::Loaders(text) => f.write_str(text),
            Self::Overflow { tensor, dtype } => write!(
                f,
                "tensor {tensor}: some integers times their scales overflow {dtype} and become \
                 infinite"
            ),
        }
    }
}
