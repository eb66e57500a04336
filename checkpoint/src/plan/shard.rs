//! Plans what becomes of the tensors of one file.

use std::path::{Path, PathBuf};

use absmax::ErrorStats;
use safetensors::tensor::{Dtype, TensorInfo};

use super::modules::Modules;
use super::schemes::{Decision, Quantized};
use crate::architecture::ModuleKind;
use crate::control::Control;
use crate::error::Result;
use crate::format::{Entry, Layout, Parts};
use crate::report::{ErrorNumbers, Reason, TensorReport};
use crate::scheme::WeightScheme;
use crate::source::Shard;

#[derive(Debug)]
pub(crate) struct ShardPlan {
    pub(crate) source: PathBuf,
    /// Bytes of the source file.
    pub(crate) source_len: u64,
    /// The tensors, in the order of the source.
    pub(crate) tensors: Vec<TensorPlan>,
    pub(crate) layout: Layout,
}

#[derive(Debug)]
pub(crate) struct TensorPlan {
    pub(crate) name: String,
    /// What module it belongs to, as far as that can be told.
    pub(crate) kind: Option<ModuleKind>,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) len: u64,
    /// Where it begins in the source file.
    pub(crate) from: u64,
    pub(crate) action: Action,
}

/// What becomes of a tensor.
#[derive(Debug)]
pub(crate) enum Action {
    Quantize {
        scheme: WeightScheme,
        /// Where the tensors that take the weight's place begin in the output file.
        to: Parts<u64>,
        /// Their bytes.
        len: u64,
    },
    Keep {
        reason: Reason,
        /// Where it begins in the output file.
        to: u64,
    },
}

impl ShardPlan {
    /// `decisions` has those for the tensors of this file first.
    pub(crate) fn new(
        control: &Control<'_>,
        shard: Shard,
        decisions: &mut impl Iterator<Item = Decision>,
        modules: &mut Modules,
    ) -> Result<Self> {
        /// What becomes of a tensor, and as which tensors.
        enum Stored {
            Quantized(WeightScheme, Box<Parts<Entry>>),
            Kept(Reason),
        }

        let Shard { path: source, header, .. } = shard;
        let (mut entries, mut kinds, mut stored) = (Vec::new(), Vec::new(), Vec::new());
        for (tensor, decision) in header.tensors.iter().zip(decisions) {
            control.check()?;
            let TensorInfo { dtype, shape, .. } = &tensor.info;
            kinds.push(decision.kind);
            stored.push(match &decision.fate {
                Ok(Quantized { shape, scheme, .. }) => {
                    let parts = Parts::of(scheme, &tensor.name, *dtype, *shape);
                    entries.extend(parts.clone().into_iter());
                    Stored::Quantized(*scheme, Box::new(parts))
                }
                Err(reason) => {
                    let (name, shape) = (tensor.name.clone(), shape.clone());
                    entries.push(Entry { name, dtype: *dtype, shape });
                    Stored::Kept(reason.clone())
                }
            });
            modules.add(decision);
        }
        let layout = Layout::new(control, &source, entries, &header.metadata)?;
        let tensors = header.tensors.into_iter().zip(stored).zip(kinds);
        let tensors = tensors.map(|((tensor, stored), kind)| {
            let TensorInfo { dtype, shape, data_offsets: (begin, end) } = tensor.info;
            let action = match stored {
                Stored::Quantized(scheme, parts) => Action::Quantize {
                    scheme,
                    len: parts.clone().into_iter().map(|part| part.len()).sum(),
                    to: parts.map(|part| layout.places[&part.name]),
                },
                Stored::Kept(reason) => Action::Keep { reason, to: layout.places[&tensor.name] },
            };
            TensorPlan {
                len: (end - begin) as u64,
                from: header.data_start + begin as u64,
                kind,
                name: tensor.name,
                dtype,
                shape,
                action,
            }
        });
        Ok(Self { source, source_len: header.file_len, tensors: tensors.collect(), layout })
    }
}

impl TensorPlan {
    /// Its scheme, if it is quantized.
    pub(crate) fn scheme(&self) -> Option<WeightScheme> {
        match self.action {
            Action::Quantize { scheme, .. } => Some(scheme),
            Action::Keep { .. } => None,
        }
    }

    /// Why it is kept, if it is.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match &self.action {
            Action::Quantize { .. } => None,
            Action::Keep { reason, .. } => Some(reason.clone()),
        }
    }

    /// Bytes in the output file, of all tensors that take its place.
    pub(crate) fn output_len(&self) -> u64 {
        match self.action {
            Action::Quantize { len, .. } => len,
            Action::Keep { .. } => self.len,
        }
    }

    /// What there is to tell of it in a file, before or after it was quantized.
    pub(crate) fn report(&self, file: &Path, stats: Option<ErrorStats>) -> TensorReport {
        let (reason, scales) = match (&self.action, self.shape[..].try_into()) {
            (Action::Quantize { scheme, .. }, Ok(shape)) => (None, scheme.scale_count(shape)),
            (Action::Quantize { .. }, Err(_)) => (None, 0),
            (Action::Keep { reason, .. }, _) => (Some(reason.clone()), 0),
        };
        TensorReport {
            name: self.name.clone(),
            file: file.display().to_string(),
            dtype: self.dtype.to_string(),
            shape: self.shape.clone(),
            kind: self.kind,
            quantized: self.scheme().is_some(),
            scheme: self.scheme(),
            reason,
            scales,
            bytes_before: self.len,
            bytes_after: self.output_len(),
            error: stats.map(ErrorNumbers::from),
        }
    }
}
