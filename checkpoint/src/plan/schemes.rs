//! Decides what becomes of each weight that is quantized.

use super::rules::{Judged, Module};
use crate::architecture::Limit;
use crate::control::Control;
use crate::error::{Error, RaggedWeight, Result};
use crate::format::Tensor;
use crate::report::Reason;
use crate::scheme::{Granularity, OnRagged, Override, WeightScheme};

/// A tensor, and what is decided of it.
pub(crate) type Decided<'a> = (&'a Tensor, Decision);

/// What becomes of a tensor.
pub(crate) type Decision = Judged<Quantized>;

/// What becomes of a weight that is quantized.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantized {
    /// As [out, in].
    pub(crate) shape: [usize; 2],
    pub(crate) scheme: WeightScheme,
    /// The place of the override that says so, if one does.
    pub(crate) overridden: Option<usize>,
}

/// One scheme for all, and others for some.
#[derive(Debug)]
pub(crate) struct Schemes<'a> {
    /// The scheme of weights that no override matches.
    pub(crate) default: WeightScheme,
    /// Schemes for some modules, of which the first that matches is taken.
    pub(crate) overrides: &'a [Override],
    /// What becomes of weights whose rows the groups of their scheme do not divide.
    pub(crate) on_ragged: OnRagged,
}

impl Schemes<'_> {
    /// Decides the scheme of a tensor that is quantized, or why it is kept all the same.
    pub(crate) fn decide(&self, judged: Judged<[usize; 2]>) -> Decision {
        let Judged { kind, limit, module, fate } = judged;
        let fate = fate.and_then(|shape| {
            let overridden = module.as_ref().and_then(|module| self.overriding(module));
            let scheme = overridden.map_or(self.default, |i| self.overrides[i].scheme);
            let scheme = match (ragged(shape, &scheme), self.on_ragged) {
                (Some(group_size), OnRagged::Keep) => {
                    return Err(Reason::Ragged { row_len: shape[1], group_size });
                }
                (Some(_), OnRagged::Channel) => scheme.by_channel(),
                _ => scheme,
            };
            Ok(Quantized { shape, scheme, overridden })
        });
        Judged { kind, limit, module, fate }
    }

    /// The override that is taken for a module.
    fn overriding(&self, module: &Module) -> Option<usize> {
        self.overrides.iter().position(|o| module.is_matched_by(&o.modules))
    }
}

impl Decision {
    /// What keeps transformers from loading a weight as it is planned, or quantized if it is kept
    /// for that reason.
    pub(crate) fn obstacle(&self) -> Option<Limit> {
        let limit = self.limit?;
        let scheme = self.fate.as_ref().ok().map(|quantized| &quantized.scheme);
        let is_reason = matches!(self.fate, Err(Reason::Converted));
        (is_reason || limit.concerns(scheme)).then_some(limit)
    }

    /// The scheme of a weight that is quantized and that the running model stacks with others.
    pub(crate) fn scheme_of_stacked(&self) -> Option<&WeightScheme> {
        let quantized = self.fate.as_ref().ok()?;
        (self.limit == Some(Limit::Stacked)).then_some(&quantized.scheme)
    }

    /// Whether transformers loads the weight as it is, and not in the scheme that is planned.
    pub(crate) fn loads_as_float_only(&self) -> bool {
        self.fate.is_ok() && self.obstacle().is_some_and(Limit::allows_floats)
    }
}

/// Refuses weights whose rows the groups of their scheme do not divide, all of them at once.
pub(crate) fn refuse_ragged(control: &Control<'_>, decided: &[Decided<'_>]) -> Result<()> {
    let (mut weights, mut divisor, mut largest) = (Vec::new(), 0, 0);
    for (tensor, decision) in decided {
        control.check()?;
        let Ok(Quantized { shape, scheme, .. }) = decision.fate else { continue };
        let row_len = shape[1];
        if let Granularity::Group(size) = scheme.granularity() {
            divisor = gcd(divisor, row_len);
            largest = largest.max(size);
        }
        let ragged = ragged(shape, &scheme);
        weights.extend(ragged.map(|group_size| RaggedWeight {
            tensor: tensor.name.clone(),
            row_len,
            group_size,
        }));
    }
    if weights.is_empty() {
        return Ok(());
    }
    let sizes = || (1..=largest.min(divisor)).rev().filter(|&size| divisor.is_multiple_of(size));
    let power_of_two = sizes().find(|size| size.is_power_of_two()).unwrap_or(1);
    let divisor = sizes().next().unwrap_or(1);
    Err(Error::UnevenGroups { weights, divisor, power_of_two })
}

/// The size of the groups that do not divide the rows.
fn ragged(shape: [usize; 2], scheme: &WeightScheme) -> Option<usize> {
    match scheme.granularity() {
        Granularity::Group(size) if !shape[1].is_multiple_of(size) => Some(size),
        _ => None,
    }
}

/// The greatest common divisor; that of 0 and a number is the number.
fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
