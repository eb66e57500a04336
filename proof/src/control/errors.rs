//! The statistics of errors, wrong on purpose.

use crate::expected::{Errors, Sums, products};
use crate::inputs::Input;

/// Adds from the first value to the last, which no vector code does.
pub(crate) fn errors<T: Input>(x: &[T], y: &[f32]) -> Errors {
    let (mut totals, mut max_abs) = (Sums::default(), 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (f64::from(x.wide()), f64::from(*y));
        for (total, product) in totals.iter_mut().zip(products(x, y)) {
            *total += product;
        }
        let e = (x - y).abs();
        max_abs = if e > max_abs { e } else { max_abs };
    }
    Errors::new(x.len(), totals, max_abs)
}
