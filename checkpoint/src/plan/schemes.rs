//! Decides by which scheme a weight is quantized.

use crate::architecture::{Architecture, Limit};
use crate::control::Control;
use crate::error::{Error, RaggedWeight, Result};
use crate::format::Tensor;
use crate::report::Reason;
use crate::scheme::{Granularity, OnRagged, Override, WeightScheme};

/// One scheme for all, and others for some.
#[derive(Debug)]
pub(crate) struct Schemes<'a> {
    /// The scheme of weights that no override matches.
    pub(crate) default: WeightScheme,
    /// Schemes for some modules, of which the first that matches is taken.
    pub(crate) overrides: &'a [Override],
    pub(crate) architecture: &'a Architecture,
    /// What becomes of weights whose rows the groups of their scheme do not divide.
    pub(crate) on_ragged: OnRagged,
    /// Whether weights are kept that transformers does not load in their scheme.
    pub(crate) keep_unloadable: bool,
}

impl<'a> Schemes<'a> {
    /// The scheme of a weight, or why it is kept.
    pub(crate) fn of(&self, tensor: &Tensor) -> Result<WeightScheme, Reason> {
        let (scheme, ragged) = self.asked(tensor);
        if self.is_unloadable(tensor, &scheme) {
            return Err(Reason::Unloadable);
        }
        match (ragged, self.on_ragged) {
            (Some(RaggedWeight { row_len, group_size, .. }), OnRagged::Keep) => {
                Err(Reason::Ragged { row_len, group_size })
            }
            (Some(_), OnRagged::Channel) => Ok(scheme.by_channel()),
            _ => Ok(scheme),
        }
    }

    /// Refuses weights whose rows the groups of their scheme do not divide, all of them at once,
    /// unless something else is to become of them.
    pub(crate) fn refuse_ragged<'t>(
        &self,
        control: &Control<'_>,
        quantized: impl Iterator<Item = &'t Tensor>,
    ) -> Result<()> {
        if self.on_ragged != OnRagged::Refuse {
            return Ok(());
        }
        let (mut weights, mut divisor, mut largest) = (Vec::new(), 0, 0);
        for tensor in quantized {
            control.check()?;
            let (scheme, ragged) = self.asked(tensor);
            if self.is_unloadable(tensor, &scheme) {
                continue;
            }
            if let Granularity::Group(size) = scheme.granularity() {
                divisor = gcd(divisor, row_len(tensor));
                largest = largest.max(size);
            }
            weights.extend(ragged);
        }
        if weights.is_empty() {
            return Ok(());
        }
        let sizes =
            || (1..=largest.min(divisor)).rev().filter(|&size| divisor.is_multiple_of(size));
        let power_of_two = sizes().find(|size| size.is_power_of_two()).unwrap_or(1);
        let divisor = sizes().next().unwrap_or(1);
        Err(Error::UnevenGroups { weights, divisor, power_of_two })
    }

    /// What keeps transformers from loading a weight as it is planned, or quantized if it is kept
    /// for that reason.
    pub(crate) fn limit(
        &self,
        tensor: &Tensor,
        planned: &Result<[usize; 2], Reason>,
    ) -> Option<Limit> {
        let limit = self.architecture.limit(tensor.name.strip_suffix(".weight")?)?;
        let scheme = planned.as_ref().ok().and_then(|_| self.of(tensor).ok());
        let is_reason = matches!(planned, Err(Reason::Converted));
        (is_reason || limit.concerns(scheme.as_ref())).then_some(limit)
    }

    /// Whether a weight is kept because transformers does not load it in its scheme.
    fn is_unloadable(&self, tensor: &Tensor, scheme: &WeightScheme) -> bool {
        let limit = || self.architecture.limit(tensor.name.strip_suffix(".weight")?);
        self.keep_unloadable
            && limit().is_some_and(|limit| limit.allows_floats() && limit.concerns(Some(scheme)))
    }

    /// The scheme that the options ask for, and what of it cannot be.
    fn asked(&self, tensor: &Tensor) -> (WeightScheme, Option<RaggedWeight>) {
        let scheme = self.overriding(tensor).map_or(self.default, |o| o.scheme);
        let row_len = row_len(tensor);
        let ragged = match scheme.granularity() {
            Granularity::Group(group_size) if !row_len.is_multiple_of(group_size) => {
                Some(RaggedWeight { tensor: tensor.name.clone(), row_len, group_size })
            }
            _ => None,
        };
        (scheme, ragged)
    }

    /// The override that is taken for a tensor.
    pub(crate) fn overriding(&self, tensor: &Tensor) -> Option<&'a Override> {
        if self.overrides.is_empty() {
            return None;
        }
        let module = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name);
        let names = self.architecture.names(module);
        self.overrides.iter().find(|o| names.iter().any(|name| o.modules.matches(name)))
    }
}

fn row_len(tensor: &Tensor) -> usize {
    tensor.info.shape.last().copied().unwrap_or(0)
}

/// The greatest common divisor; that of 0 and a number is the number.
fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
