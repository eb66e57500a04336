//! Quantizing by an arithmetic, each choice written out.

use bytemuck::pod_read_unaligned;

use super::definition::{integers, narrow, widen};
use super::group::Group;
use super::rounding::integer;
use crate::arithmetic::{Arithmetic, Multiplier, Precision, ScaleFormula, ZeroPointAdded};
use crate::{Element, Error, Integer, QuantParams, Result, Scheme};

pub(super) fn quantize_group<T: Element, Q: Integer>(
    x: &[T],
    scheme: Scheme,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<(f32, i32)> {
    arithmetic.check(scheme)?;
    let (qmin, qmax) = integers(scheme).into_inner();
    if (Q::NAME == "u8") != (qmin >= 0) {
        return Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME });
    }
    same_length(x, q)?;
    let group = Group::of(x, scheme, arithmetic)?;
    group.quantize(x, arithmetic, q);
    Ok((group.scale, group.zero_point))
}

pub(super) fn quantize_group_with<T: Element, Q: Integer>(
    x: &[T],
    params: QuantParams,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<()> {
    let (scale, zero_point) = (params.scale(), params.zero_point());
    let (qmin, qmax) = (params.qmin(), params.qmax());
    if qmin < Q::MIN || qmax > Q::MAX {
        return Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME });
    }
    same_length(x, q)?;
    let multiplier = match arithmetic.multiplier {
        Multiplier::Divide => None,
        Multiplier::StepsTimesReciprocal if arithmetic.scale == ScaleFormula::Range => {
            Some((qmax - qmin) as f32 / 2.0 * (1.0 / scale))
        }
        _ => Some(1.0 / scale),
    };
    if multiplier == Some(f32::INFINITY) {
        return Err(Error::ScaleUnderflow { set: 0, scale });
    }
    Group { step: scale, multiplier, scale, zero_point, qmin, qmax }.quantize(x, arithmetic, q);
    Ok(())
}

impl Group {
    /// The integers of values.
    pub(super) fn quantize<T: Element, Q: Integer>(
        &self,
        x: &[T],
        arithmetic: Arithmetic,
        q: &mut [Q],
    ) {
        let rounded = |number| match arithmetic.precision {
            Precision::F32 | Precision::ElementParameters => number,
            Precision::Element => widen(narrow::<T>(number)),
        };
        for (&x, q) in x.iter().zip(q) {
            let x = widen(x);
            let number = rounded(match self.multiplier {
                None => x / self.step,
                Some(multiplier) => x * multiplier,
            });
            let integer = if number.is_nan() {
                self.zero_point
            } else {
                match arithmetic.added {
                    ZeroPointAdded::AfterRounding => {
                        integer(number.into(), arithmetic.rounding) + self.zero_point
                    }
                    ZeroPointAdded::BeforeRounding => {
                        let sum = rounded(number + self.zero_point as f32);
                        integer(sum.into(), arithmetic.rounding)
                    }
                }
            };
            // The low byte of an integer within the type is that of the type.
            let byte = integer.clamp(self.qmin, self.qmax) as u8;
            *q = pod_read_unaligned(&[byte]);
        }
    }
}

/// Checks that there is an integer for each value.
fn same_length<T, Q>(x: &[T], q: &[Q]) -> Result<()> {
    let (expected, found) = (x.len(), q.len());
    if expected == found {
        Ok(())
    } else {
        Err(Error::LengthMismatch { what: "integers", expected, found })
    }
}
