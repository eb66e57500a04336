//! Schemes by their names.

use absmax::{Arithmetic, Range, ScaleType, Scheme};
use pyo3::prelude::*;

use crate::cut::{Cut, Kind};
use crate::dtype::Dtype;
use crate::error::{refused, value_error};
use crate::kernels::How;

/// What the caller says of a scheme, beside which values share a scale.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    /// `int2` to `int8`, `uint2` to `uint8`.
    pub(crate) name: &'a str,
    pub(crate) symmetric: Option<bool>,
    pub(crate) range: Option<&'a str>,
    pub(crate) scale_dtype: Option<&'a str>,
}

impl Words<'_> {
    /// The scheme, with one scale for all values. Without `symmetric` a scheme `int*` is symmetric
    /// and a scheme `uint*` is affine.
    pub(crate) fn scheme(self) -> PyResult<Scheme> {
        let Self { name, symmetric, range, scale_dtype } = self;
        if (name, symmetric, range, scale_dtype) == ("int8", None, None, None) {
            return Ok(Scheme::int8());
        }
        let digits = name.strip_prefix("uint").or_else(|| name.strip_prefix("int"));
        let bits =
            digits.and_then(|digits| digits.parse().ok()).filter(|bits| (2..=8).contains(bits));
        let Some(bits) = bits else {
            return Err(refused(format!(
                "scheme: int2 to int8 or uint2 to uint8 expected, {name:?} found"
            )));
        };
        let unsigned = name.starts_with('u');
        let symmetric = symmetric.unwrap_or(!unsigned || range.is_some());
        let scheme = Scheme::int8().bits(bits).map_err(value_error)?;
        let scheme = match (symmetric, range) {
            (false, Some(range)) => {
                return Err(refused(format!(
                    "range: only symmetric schemes have one, {range:?} found"
                )));
            }
            (false, None) => scheme.affine(),
            (true, None) => scheme.symmetric(),
            (true, Some("narrow")) => scheme.with_range(Range::Narrow),
            (true, Some("full")) => scheme.with_range(Range::Full),
            (true, Some(other)) => {
                return Err(refused(format!(
                    "range: \"narrow\" or \"full\" expected, {other:?} found"
                )));
            }
        };
        let scheme = if unsigned { scheme.with_offset() } else { scheme };
        let scale_type = match scale_dtype {
            None | Some("float32") => ScaleType::F32,
            Some("float16") => ScaleType::F16,
            Some("bfloat16") => ScaleType::Bf16,
            Some(other) => {
                return Err(refused(format!(
                    "scale_dtype: float32, float16 or bfloat16 expected, {other:?} found"
                )));
            }
        };
        Ok(scheme.with_scale_type(scale_type))
    }
}

/// The arithmetic of a name.
fn arithmetic(name: Option<&str>) -> PyResult<Arithmetic> {
    let Some(name) = name else { return Ok(Arithmetic::exact()) };
    Arithmetic::by_name(name).ok_or_else(|| {
        let names = Arithmetic::PRESETS.map(|(name, _)| name).join(", ");
        refused(format!("arithmetic: one of {names} expected, {name:?} found"))
    })
}

/// How values of a cut are quantized.
pub(crate) fn how(words: Words<'_>, cut: &Cut, by: Option<&str>) -> PyResult<How> {
    let scheme = cut.scheme(words.scheme()?)?;
    let arithmetic = arithmetic(by)?;
    if let Kind::Planes([_, channels, _]) = cut.kind
        && arithmetic.name() != Some("exact")
    {
        return Err(refused(format!(
            "arithmetic: only \"exact\" has scales along an axis in the middle, of length {channels}"
        )));
    }
    Ok(How { kind: cut.kind, scheme, arithmetic })
}

/// Whether the scheme is symmetric where parameters are given: not if there are zero points, unless
/// the caller says so.
pub(crate) fn with_zero_points(
    symmetric: Option<bool>,
    range: Option<&str>,
    zero_point: Option<&Bound<'_, PyAny>>,
) -> Option<bool> {
    match zero_point {
        Some(_) if range.is_none() => Some(symmetric.unwrap_or(false)),
        _ => symmetric,
    }
}

/// The type of a scheme's integers.
pub(crate) const fn bytes_of(how: How) -> Dtype {
    if how.scheme.is_unsigned() { Dtype::U8 } else { Dtype::I8 }
}
