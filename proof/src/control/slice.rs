//! Operations on slices, wrong on purpose.

use absmax::QuantParams;

use crate::inputs::{Byte, Input};

/// A floating-point maximum loses a NaN.
pub(crate) fn abs_max<T: Input>(x: &[T]) -> f32 {
    x.iter().map(|x| x.wide().abs()).fold(0.0, |peak, x| if x > peak { x } else { peak })
}

/// A floating-point minimum and maximum lose a NaN.
pub(crate) fn min_max<T: Input>(x: &[T]) -> Option<(f32, f32)> {
    let first = x.first()?.wide();
    let widen = |(min, max), x: &T| {
        let x = x.wide();
        (if x < min { x } else { min }, if x > max { x } else { max })
    };
    Some(x.iter().fold((first, first), widen))
}

/// The product with 1 / scale is not the quotient by the scale.
pub(crate) fn quantize_with<T: Input, Q: Byte>(x: &[T], params: QuantParams, q: &mut [Q]) {
    let by_product = by_product(params);
    for (x, q) in x.iter().zip(q) {
        *q = Q::from_i32(by_product(x.wide()));
    }
}

/// Rounding after the zero point was added is not rounding before.
pub(super) fn by_product(params: QuantParams) -> impl Fn(f32) -> i32 {
    let inverse = 1.0 / params.scale();
    let [zero, qmin, qmax] = [params.zero_point(), params.qmin(), params.qmax()].map(|q| q as f32);
    move |x| (x * inverse + zero).round_ties_even().clamp(qmin, qmax) as i32
}

/// Quantizes by the product, and back.
pub(crate) fn fake_quantize_into<T: Input>(x: &[T], params: QuantParams, y: &mut [T]) {
    let by_product = by_product(params);
    for (x, y) in x.iter().zip(y) {
        let q = by_product(x.wide());
        *y = T::of((q - params.zero_point()) as f32 * params.scale());
    }
}

/// The quotient by 1 / scale is not the product with the scale.
pub(crate) fn dequantize_into<Q: Byte, T: Input>(q: &[Q], params: QuantParams, x: &mut [T]) {
    for (q, x) in q.iter().zip(x) {
        *x = T::of(by_quotient(q.as_i32(), params));
    }
}

pub(super) fn by_quotient(q: i32, params: QuantParams) -> f32 {
    let inverse = 1.0 / params.scale();
    (q - params.zero_point()) as f32 / inverse
}
