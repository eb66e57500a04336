//! The expected results for slices and tensors: which values share a scale, what their parameters
//! are, and what those make of each value.

use std::iter::repeat_n;

use absmax::{
    Error, Granularity, Mapping, QuantParams, QuantizedTensor, Result, Scheme, reference,
};

use crate::inputs::{Byte, Input};

/// Quantized values and their parameters.
#[derive(Clone, Debug, Default)]
pub struct Quantized<Q> {
    /// The integers, in the order of the values.
    pub q: Vec<Q>,
    /// One scale for each set.
    pub scales: Vec<f32>,
    /// As many zero points as scales, or none if the scheme is symmetric.
    pub zero_points: Vec<i32>,
    /// The scale and the zero point of each set, as parameters.
    pub(crate) params: Vec<QuantParams>,
}

impl<Q: Byte> Quantized<Q> {
    /// The tensor as the library has it.
    pub fn into_tensor(self, shape: &[usize], scheme: Scheme) -> QuantizedTensor {
        let Self { q, scales, zero_points, .. } = self;
        QuantizedTensor { data: Q::integers(q), shape: shape.to_vec(), scales, zero_points, scheme }
    }
}

/// Quantizes values by the caller's parameters.
pub fn quantize_with<T: Input, Q: Byte>(x: &[T], params: QuantParams) -> Vec<Q> {
    x.iter().map(|&x| Q::from_i32(reference::quantize_one(x, params))).collect()
}

/// The values that the integers stand for.
pub fn dequantize<Q: Byte, T: Input>(q: &[Q], params: QuantParams) -> Vec<T> {
    q.iter().map(|&q| T::of(reference::dequantize_one(q, params))).collect()
}

/// The values that the integers of `x` would stand for.
pub fn fake_quantize<T: Input>(x: &[T], params: QuantParams) -> Vec<T> {
    if params.qmin() < 0 {
        dequantize::<i8, T>(&quantize_with(x, params), params)
    } else {
        dequantize::<u8, T>(&quantize_with(x, params), params)
    }
}

/// Quantizes a slice by its own scale.
///
/// # Errors
///
/// [`Error::NotFinite`] of the first such value.
pub fn quantize<T: Input>(x: &[T]) -> Result<Quantized<i8>> {
    quantize_tensor(x, &[x.len()], Scheme::int8())
}

/// Quantizes a tensor by its own parameters.
///
/// # Errors
///
/// [`Error::NotFinite`] of the first such value, [`Error::ScaleOverflow`] of the first such set.
pub fn quantize_tensor<T: Input, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
) -> Result<Quantized<Q>> {
    for (index, value) in x.iter().map(|x| x.wide()).enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite { index, value });
        }
    }
    let sets = sets(shape, scheme);
    let mut values = vec![Vec::new(); set_count(shape, scheme)];
    for (&set, &x) in sets.iter().zip(x) {
        values[set].push(x);
    }
    let scale_type = scheme.scale_type();
    let mut params = Vec::new();
    for (set, values) in values.iter().enumerate() {
        let (min, max) = limits(values, scheme);
        let (scale, zero_point) = reference::choose(min, max, scheme);
        if scale.is_infinite() {
            return Err(Error::ScaleOverflow { set, min, max, scale_type });
        }
        params.push(QuantParams::new(scale, zero_point, reference::integers(scheme))?);
    }
    let zero_points = if is_symmetric(scheme) { &[][..] } else { &params[..] };
    let quantize = |(&set, &x): (&usize, &T)| reference::quantize_one(x, params[set]);
    Ok(Quantized {
        q: sets.iter().zip(x).map(quantize).map(Q::from_i32).collect(),
        scales: params.iter().map(|params| params.scale()).collect(),
        zero_points: zero_points.iter().map(|params| params.zero_point()).collect(),
        params,
    })
}

/// Quantizes a tensor by the parameters that another one has.
pub fn quantize_tensor_with<T: Input, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    of: &Quantized<Q>,
) -> Quantized<Q> {
    let value = |(set, &x): (usize, &T)| reference::quantize_one(x, of.params[set]);
    let q = sets(shape, scheme).into_iter().zip(x).map(value).map(Q::from_i32).collect();
    Quantized { q, ..of.clone() }
}

/// The sum of the integers of each set, and the sum times the scale, rounded once.
pub fn sums<Q: Byte>(of: &Quantized<Q>, shape: &[usize], scheme: Scheme) -> (Vec<i32>, Vec<f32>) {
    let mut sums = vec![0; of.scales.len()];
    for (set, q) in sets(shape, scheme).into_iter().zip(&of.q) {
        sums[set] += q.as_i32();
    }
    let scaled = sums.iter().zip(&of.scales).map(|(&sum, &s)| reference::scaled_sum(sum, s));
    let scaled = scaled.collect();
    (sums, scaled)
}

/// The values that a tensor's integers stand for.
pub fn dequantize_tensor<Q: Byte, T: Input>(
    quantized: &Quantized<Q>,
    shape: &[usize],
    scheme: Scheme,
) -> Vec<T> {
    let Quantized { q, params, .. } = quantized;
    let value = |(set, &q): (usize, &Q)| T::of(reference::dequantize_one(q, params[set]));
    sets(shape, scheme).into_iter().zip(q).map(value).collect()
}

/// The parameters for values between two limits.
///
/// # Errors
///
/// [`Error::InvalidLimits`] unless the limits are finite and in order, [`Error::ScaleOverflow`].
pub fn params(scheme: Scheme, min: f32, max: f32) -> Result<QuantParams> {
    if !(min.is_finite() && max.is_finite() && min <= max) {
        return Err(Error::InvalidLimits { min, max });
    }
    let (scale, zero_point) = reference::choose(min, max, scheme);
    if scale.is_infinite() {
        let scale_type = scheme.scale_type();
        return Err(Error::ScaleOverflow { set: 0, min, max, scale_type });
    }
    QuantParams::new(scale, zero_point, reference::integers(scheme))
}

/// Whether no zero point is stored.
pub fn is_symmetric(scheme: Scheme) -> bool {
    matches!(scheme.mapping(), Mapping::Symmetric(_) | Mapping::SymmetricOffset(_))
}

/// The least and the largest value, or zeros if there are no values. If only magnitudes matter,
/// these are the largest magnitude with either sign.
fn limits<T: Input>(values: &[T], scheme: Scheme) -> (f32, f32) {
    if is_symmetric(scheme) {
        let abs_max = reference::abs_max(values);
        (-abs_max, abs_max)
    } else {
        reference::min_max(values).unwrap_or((0.0, 0.0))
    }
}

/// How many sets of values share a scale.
///
/// # Panics
///
/// If the axis is not one of the shape's.
pub fn set_count(shape: &[usize], scheme: Scheme) -> usize {
    match scheme.granularity() {
        Granularity::PerTensor => 1,
        Granularity::PerChannel { axis } => shape[from_start(axis, shape)],
        Granularity::PerGroup { size } => {
            let (row_len, outer) = shape.split_last().unwrap_or((&1, &[]));
            outer.iter().product::<usize>() * row_len.div_ceil(size.get())
        }
    }
}

/// Which set each value of a row-major tensor belongs to.
///
/// # Panics
///
/// If the axis is not one of the shape's.
pub fn sets(shape: &[usize], scheme: Scheme) -> Vec<usize> {
    let len = shape.iter().product();
    match scheme.granularity() {
        Granularity::PerTensor => vec![0; len],
        Granularity::PerChannel { axis } => {
            let axis = from_start(axis, shape);
            let inner = shape[axis + 1..].iter().product();
            let plane = (0..shape[axis]).flat_map(|channel| repeat_n(channel, inner));
            plane.collect::<Vec<usize>>().repeat(shape[..axis].iter().product())
        }
        Granularity::PerGroup { size } => {
            let row_len = *shape.last().unwrap_or(&1);
            let groups = row_len.div_ceil(size.get());
            let row = |row| (0..row_len).map(move |i| row * groups + i / size.get());
            (0..len.checked_div(row_len).unwrap_or(0)).flat_map(row).collect()
        }
    }
}

/// An axis that may count from the end, counted from the start.
fn from_start(axis: isize, shape: &[usize]) -> usize {
    if axis < 0 { shape.len() - axis.unsigned_abs() } else { axis.unsigned_abs() }
}
