//! The error of an operation.

use std::io;
use std::path::{Display, Path, PathBuf};

use super::header::HeaderError;
use super::listed::{count_of, listed};
use super::ragged::{self, RaggedWeight};
use super::source::Source;
use super::weight::WeightError;
use crate::report::Reason;
use crate::scheme::InvalidOption;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// Each error says its own part, and [`source`](std::error::Error::source) leads to the cause. To
/// tell errors apart, match [`Error::root`], since some errors come inside of others. An operation
/// that fails or is cancelled leaves nothing behind in OUT, and what was there is as it was.
///
/// ```
/// use absmax_checkpoint::{Control, Error, InspectOptions, inspect};
///
/// let error = inspect("no/such/model", &InspectOptions::default(), &Control::new()).unwrap_err();
/// assert!(matches!(error.root(), Error::Io { path, .. } if path.ends_with("no/such/model")));
/// assert_eq!(error.to_string(), "cannot read no/such/model");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The flag of the [`Control`](crate::Control) was set. This error is never inside of another
    /// one.
    #[error("cancelled")]
    Cancelled,
    /// A file or directory cannot be used: if the source is not there, `path` is the source as the
    /// caller gave it, and the kind of `source` is [`io::ErrorKind::NotFound`].
    #[error("cannot {action} {}", shown(path))]
    Io {
        /// What was tried: `read`, `write`, `make`, `replace`, .. It is for showing only, and may
        /// come to be another word.
        action: &'static str,
        /// The source as the caller gave it; a file or directory in the source or OUT by its path
        /// without symbolic links; or a file of OUT relative to OUT.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A part of a file cannot be read.
    #[error("cannot read tensor {tensor}")]
    ReadTensor {
        /// The tensor.
        tensor: String,
        /// Its file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What went wrong with one tensor.
    #[error("tensor {tensor}")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// What went wrong.
        source: Box<Error>,
    },
    /// What went wrong with one file of OUT.
    #[error("{}", file.display())]
    File {
        /// The file, relative to OUT.
        file: PathBuf,
        /// What went wrong.
        source: Box<Error>,
    },
    /// There is not enough room for OUT.
    #[error("OUT takes {needed} bytes and there is less room")]
    DiskFull {
        /// Bytes of all files.
        needed: u64,
        /// What could not be written.
        source: Box<Error>,
    },
    /// An option means nothing, or contradicts another.
    #[error(transparent)]
    InvalidOption(#[from] InvalidOption),
    /// The kernels refuse something that no check before them has found: an [`absmax::Error`].
    #[error(transparent)]
    Kernel(#[from] absmax::Error),

    /// A safetensors file is not valid.
    #[error("{} is not a valid safetensors file", path.display())]
    InvalidWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// config.json is not valid.
    #[error("{} is not a valid config", path.display())]
    InvalidConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Source,
    },
    /// An index of safetensors files is not valid.
    #[error("{} is not a valid index", path.display())]
    InvalidIndex {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Source,
    },
    /// The source is neither a directory nor a safetensors file.
    #[error("{} is neither a directory nor a safetensors file", path.display())]
    NotACheckpoint {
        /// The source.
        path: PathBuf,
    },
    /// A directory without config.json.
    #[error(
        "{} has no config.json, so it is not a model directory; to quantize one safetensors file \
         give the file itself",
        path.display()
    )]
    NoConfig {
        /// The directory.
        path: PathBuf,
    },
    /// A directory without safetensors files.
    #[error("{} holds no safetensors file: {found}", path.display())]
    NoWeights {
        /// The directory.
        path: PathBuf,
        /// What it holds instead, in words.
        found: String,
    },
    /// Several indices, none of which has the usual name.
    #[error(
        "{} has several indices and none is model.safetensors.index.json: {}",
        path.display(),
        indices.join(", ")
    )]
    SeveralIndices {
        /// The directory.
        path: PathBuf,
        /// The indices.
        indices: Vec<String>,
    },
    /// An index and the directory that it is in contradict each other: in words.
    #[error("{index} {problem}")]
    Index {
        /// The index's file name.
        index: String,
        /// What it does.
        problem: String,
    },
    /// A tensor is in two files.
    #[error("tensor {tensor} is both in {first} and in {second}")]
    DuplicateTensor {
        /// The tensor.
        tensor: String,
        /// One file.
        first: String,
        /// The other file.
        second: String,
    },
    /// A tensor is not where the index says.
    #[error("the index says that tensor {tensor} is in {file}, and it is not")]
    NotWhereIndexed {
        /// The tensor.
        tensor: String,
        /// The file in the index.
        file: String,
    },

    /// Files are not there, and Git LFS has left pointers to them.
    #[error(
        "Git LFS pointers stand in place of {}: fetch the files with git lfs pull",
        listed(files)
    )]
    LfsPointers {
        /// The files, relative to the source, or the source itself.
        files: Vec<String>,
    },
    /// The source is an adapter, or a model and an adapter beside it.
    #[error(
        "{} holds an adapter ({sign}), which loaders add to a model's weights: merge it into the \
         model first, or take it away to have the model without it",
        path.display()
    )]
    Adapter {
        /// The source.
        path: PathBuf,
        /// What shows it.
        sign: String,
    },
    /// The source is a pipeline of diffusers or a component of one.
    #[error(
        "{} is of diffusers ({sign}), which does not load compressed-tensors; a text encoder of a \
         pipeline is a model of transformers, in a directory of its own",
        path.display()
    )]
    Diffusers {
        /// The source.
        path: PathBuf,
        /// What shows it.
        sign: String,
    },

    /// The source is quantized already: its integers would be taken for weights.
    #[error("the checkpoint is already quantized{}: {sign}", by(method.as_deref()))]
    AlreadyQuantized {
        /// The method, if it is known: as the config names it, else as its tensors show it.
        method: Option<String>,
        /// What shows it.
        sign: String,
        /// Whether the weights are in a form that can be read, as their names show.
        is_readable: bool,
    },
    /// The source holds no weight that would be quantized.
    #[error(
        "{}{} holds nothing to quantize: none of its {tensors} tensors is the two-dimensional F32, \
         F16 or BF16 weight of a Linear that is not ignored{}",
        path.display(),
        class.as_ref().map_or_else(String::new, |class| format!(" ({class})")),
        counted(kept)
    )]
    NothingToQuantize {
        /// The source.
        path: PathBuf,
        /// The class that its config names.
        class: Option<String>,
        /// How many tensors it has.
        tensors: usize,
        /// Why they are kept, and how many for each reason, the most first.
        kept: Vec<(Reason, usize)>,
    },
    /// Experts are stored as one tensor for all of them, which no loader reads quantized. Nobody
    /// asked to keep them.
    #[error(
        "stacked experts in {}, such as {tensor}: no loader reads them quantized, and {bytes} of \
         {of} bytes ({:.0} %) would stay as they are",
        count_of(*tensors, "tensor"),
        100.0 * *.bytes as f64 / *.of as f64
    )]
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
    /// Transformers cannot load most weights in the schemes that they would get, and nobody asked
    /// for them all the same.
    #[error("{limit}: {tensor} is one of {tensors} such weights")]
    Unloadable {
        /// One of the weights.
        tensor: String,
        /// How many there are.
        tensors: usize,
        /// What happens, and which way out there is.
        limit: &'static str,
        /// Whether the model loads if these weights are kept as they are.
        can_be_kept: bool,
    },
    /// A weight that is to be quantized holds NaN or an infinity.
    #[error(
        "tensor {tensor} has {value} at [{row}, {column}]: only finite weights can be quantized"
    )]
    NotFinite {
        /// The tensor.
        tensor: String,
        /// Where the first such value is.
        row: usize,
        /// Where the first such value is.
        column: usize,
        /// The value.
        value: f32,
    },
    /// A scale does not fit the type that it is to be stored in.
    #[error(
        "tensor {tensor} has values from {min} to {max} in row {row}: their scale overflows \
         {scale_type}"
    )]
    ScaleOverflow {
        /// The tensor.
        tensor: String,
        /// The row of the values that share the scale.
        row: usize,
        /// The least of these values.
        min: f32,
        /// The largest of these values.
        max: f32,
        /// The type of the weights, which is that of their scales.
        scale_type: absmax::ScaleType,
    },
    /// The rows of some weights are no whole number of groups.
    #[error(
        "groups do not divide the rows of {}, and the format has no shorter groups: {}; {}",
        count_of(weights.len(), "weight"),
        ragged::shown(weights),
        ragged::sizes_that_divide(*divisor, *power_of_two)
    )]
    UnevenGroups {
        /// All of these weights, in the order of the files and of their data.
        weights: Vec<RaggedWeight>,
        /// The most values, not more than those of a group, that divide the rows of every weight
        /// that is to be quantized in groups.
        divisor: usize,
        /// The same of powers of two, for which engines are more likely to have kernels.
        power_of_two: usize,
    },

    /// The source holds no weight that could be dequantized.
    #[error(
        "{} holds no weight that is quantized in the form of compressed-tensors or in FP8",
        path.display()
    )]
    NotQuantized {
        /// The source.
        path: PathBuf,
    },
    /// A quantized weight cannot be understood.
    #[error("tensor {tensor}")]
    InvalidWeight {
        /// The weight.
        tensor: String,
        /// What is wrong with it.
        source: WeightError,
    },
    /// The groups of a quantized weight are in an order of their own.
    #[error("tensor {tensor} has groups in another order ({part}), which is not supported")]
    GroupOrder {
        /// The weight.
        tensor: String,
        /// The tensor that says so.
        part: String,
    },
    /// A part of a quantized weight without the other parts.
    #[error("tensor {tensor} {problem}")]
    MissingPart {
        /// The weight.
        tensor: String,
        /// What is there and what is not.
        problem: String,
    },

    /// Tensors of one name have two shapes.
    #[error("tensor {tensor} is {a:?} in {} and {b:?} in {}", a_path.display(), b_path.display())]
    ShapesDiffer {
        /// The tensor.
        tensor: String,
        /// Its dimensions in the first checkpoint.
        a: Vec<usize>,
        /// The first checkpoint.
        a_path: PathBuf,
        /// Its dimensions in the second.
        b: Vec<usize>,
        /// The second.
        b_path: PathBuf,
    },
    /// Two checkpoints without a tensor in common.
    #[error("{} and {} have no tensor in common", a.display(), b.display())]
    NothingInCommon {
        /// The first checkpoint.
        a: PathBuf,
        /// The second checkpoint.
        b: PathBuf,
    },
    /// There is no tensor of this name.
    #[error(
        "{} has no tensor {tensor}{}{}",
        path.display(),
        if similar.is_empty() { "" } else { "; similar names are " },
        similar.join(", ")
    )]
    NoSuchTensor {
        /// The source.
        path: PathBuf,
        /// The name.
        tensor: String,
        /// The names of weights that are most like it.
        similar: Vec<String>,
    },
    /// The tensor is not one that is quantized.
    #[error("tensor {tensor} is not one that is quantized: {reason}")]
    KeptTensor {
        /// The tensor.
        tensor: String,
        /// Why.
        reason: Reason,
    },

    /// OUT and the source are the same.
    #[error("OUT and SRC are the same: {}", path.display())]
    OutIsSource {
        /// The path of both.
        path: PathBuf,
    },
    /// OUT is inside the source.
    #[error("OUT {} is inside SRC {}", out.display(), path.display())]
    OutInSource {
        /// OUT.
        out: PathBuf,
        /// The source.
        path: PathBuf,
    },
    /// The source is inside OUT.
    #[error("SRC {} is inside OUT {}", path.display(), out.display())]
    SourceInOut {
        /// OUT.
        out: PathBuf,
        /// The source.
        path: PathBuf,
    },
    /// OUT is a file.
    #[error("OUT {} exists and is not a directory", out.display())]
    OutIsAFile {
        /// OUT.
        out: PathBuf,
    },
    /// OUT exists, be it empty, and the options do not allow to replace what is in it.
    #[error("OUT {} exists", out.display())]
    OutExists {
        /// OUT.
        out: PathBuf,
    },
    /// The path cannot be that of OUT.
    #[error("cannot use {} as OUT", shown(out))]
    UnusableOut {
        /// OUT.
        out: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// OUT holds a file that would stay, and that loaders could take for the model's: weights, an
    /// adapter, or what another program says of quantization.
    #[error("{} holds {name}, which this run would not replace: remove it first", out.display())]
    Leftover {
        /// OUT.
        out: PathBuf,
        /// The file's name.
        name: String,
    },
    /// A directory is where a file has to go.
    #[error("{} is a directory where a file has to go", path.display())]
    DirectoryInTheWay {
        /// The directory.
        path: PathBuf,
    },
    /// A symbolic link would lead out of OUT.
    #[error("{} is a symbolic link, and {} would go into it", link.display(), path.display())]
    LinkInTheWay {
        /// The link.
        link: PathBuf,
        /// The file that would go into it.
        path: PathBuf,
    },
    /// Another run is writing to OUT. Without `replace` a second run usually gets
    /// [`Error::OutExists`], since the first has made the directory.
    #[error("another run is writing to {}", out.display())]
    Busy {
        /// OUT.
        out: PathBuf,
    },
}

/// A method in parentheses.
fn by(method: Option<&str>) -> String {
    method.map(|method| format!(" ({method})")).unwrap_or_default()
}

/// Reasons and how many tensors each is for, in parentheses.
fn counted(kept: &[(Reason, usize)]) -> String {
    let reasons: Vec<String> =
        kept.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
    if reasons.is_empty() { String::new() } else { format!(" ({})", listed(&reasons)) }
}

/// An empty path is shown as `""`.
fn shown(path: &Path) -> Display<'_> {
    if path.as_os_str().is_empty() { Path::new("\"\"").display() } else { path.display() }
}

impl Error {
    /// The error itself, inside of what says only where it happened: [`Error::Tensor`],
    /// [`Error::File`] and [`Error::DiskFull`].
    ///
    /// ```
    /// use absmax_checkpoint::Error;
    ///
    /// let file = "model.safetensors".into();
    /// let cause = Error::NotQuantized { path: "model".into() };
    /// let error = Error::File { file, source: Box::new(cause) };
    /// assert!(matches!(error.root(), Error::NotQuantized { .. }));
    /// ```
    pub fn root(&self) -> &Self {
        match self {
            Self::Tensor { source, .. } | Self::File { source, .. } => source.root(),
            Self::DiskFull { source, .. } => source.root(),
            other => other,
        }
    }
}
