//! Observers, and values for them.

use absmax::{Element, Histogram, Observer};
use proptest::prelude::*;

use super::Random;

pub(crate) fn observers() -> Vec<Observer> {
    vec![
        Observer::abs_max(),
        Observer::min_max(),
        Observer::moving_average(0.01).unwrap(),
        Observer::percentile(99.9).unwrap(),
        Observer::mse(),
    ]
}

pub(crate) fn observed<T: Element>(mut observer: Observer, batches: &[&[T]]) -> Observer {
    batches.iter().for_each(|batch| observer.observe(batch).unwrap());
    observer
}

pub(crate) fn histogram<T: Element>(x: &[T]) -> Histogram {
    let mut histogram = Histogram::new();
    histogram.observe(x).unwrap();
    histogram
}

/// Bell-shaped values and a few large ones.
pub(crate) fn outliers(len: usize) -> Vec<f32> {
    let mut random = Random(11);
    let mut bell = || (0..8).map(|_| random.unit()).sum::<f32>();
    let mut x: Vec<f32> = (0..len).map(|_| bell()).collect();
    for i in 0..len / 1000 {
        x[i * 997] *= 30.0;
    }
    x
}

/// Finite values of any size, ordinary ones, a few over and over, both zeros.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>().prop_filter("finite", |x| x.is_finite()),
        -1e3f32..1e3,
        -1e3f32..1e3,
        (-4i8..=4).prop_map(f32::from),
        Just(-0.0),
    ]
}

/// Fewer than `len`.
pub(crate) fn values(len: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(value(), 0..len)
}
