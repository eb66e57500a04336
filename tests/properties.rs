//! What quantization promises, whatever the numbers.

mod common;

use absmax::{Backend, ErrorStats, QuantParams, Scheme, TensorView, reference};
use proptest::prelude::*;

fn finite() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |x| x.is_finite())
}

fn scale() -> impl Strategy<Value = f32> {
    any::<f32>().prop_map(f32::abs).prop_filter("valid", |s| s.is_finite() && *s > 0.0)
}

fn quantized(x: &[f32], params: QuantParams) -> Vec<i8> {
    let mut q = vec![0; x.len()];
    absmax::quantize_with_into(x, params, &mut q).unwrap();
    q
}

fn dequantized(q: &[i8], params: QuantParams) -> Vec<f32> {
    let mut x = vec![0.0; q.len()];
    absmax::dequantize_into(q, params, &mut x).unwrap();
    x
}

proptest! {
    /// |x - x'| <= scale / 2, up to one rounding of the quotient and one of the product.
    #[test]
    fn the_error_is_at_most_half_a_step(x in prop::collection::vec(finite(), 1..300)) {
        let (q, scale) = absmax::quantize(&x).unwrap();
        let y = dequantized(&q, QuantParams::symmetric(scale).unwrap());
        let half = f64::from(scale) / 2.0;
        for (x, y) in x.iter().zip(&y) {
            let error = (f64::from(*x) - f64::from(*y)).abs();
            let rounding = f64::from(x.abs()) * 2f64.powi(-23) + f64::from(f32::from_bits(1));
            prop_assert!(error <= half + rounding, "{x} became {y}, scale {scale}");
        }
    }

    #[test]
    fn the_order_is_kept(mut x in prop::collection::vec(finite(), 2..300), scale in scale()) {
        x.sort_by(f32::total_cmp);
        let q = quantized(&x, QuantParams::symmetric(scale).unwrap());
        prop_assert!(q.is_sorted(), "{q:?}");
    }

    #[test]
    fn the_narrow_range_is_odd(x in prop::collection::vec(any::<f32>(), 1..300), scale in scale()) {
        let params = QuantParams::symmetric(scale).unwrap();
        let negated: Vec<f32> = x.iter().map(|x| -x).collect();
        let opposite: Vec<i8> = quantized(&negated, params).iter().map(|q| -q).collect();
        prop_assert_eq!(quantized(&x, params), opposite);
    }

    /// As long as q * scale neither overflows nor underflows.
    #[test]
    fn a_dequantized_value_is_quantized_to_itself(
        q in prop::collection::vec(any::<i8>(), 1..300),
        scale in scale().prop_filter("in range", |s| (1e-37..1e36).contains(s)),
    ) {
        let params = QuantParams::new(scale, 0, -128..=127).unwrap();
        prop_assert_eq!(&quantized(&dequantized(&q, params), params), &q);
    }

    /// The abs-max of a whole is the abs-max of its parts' abs-maxes.
    #[test]
    fn ranges_merge(x in prop::collection::vec(any::<f32>(), 0..300), at in 0usize..300) {
        let (a, b) = x.split_at(at.min(x.len()));
        for backend in Backend::available() {
            let merged = reference::abs_max(&[backend.abs_max(a), backend.abs_max(b)]);
            prop_assert_eq!(merged.to_bits(), backend.abs_max(&x).to_bits());
        }
    }

    /// Finer scales never have a larger sum of squared errors bound: each value's half step shrinks.
    #[test]
    fn a_channel_s_scale_is_at_most_the_tensor_s(x in prop::collection::vec(-1e3f32..1e3, 12)) {
        let view = TensorView::new(&x, &[3, 4]).unwrap();
        let tensor = Backend::best().quantize_tensor(Scheme::int8(), view).unwrap();
        let channels = Backend::best().quantize_tensor(Scheme::int8().per_channel(0), view).unwrap();
        let largest = channels.scales.iter().copied().fold(0.0, |a: f32, b| if a < b { b } else { a });
        let all_zero = x.iter().all(|&x| x == 0.0);
        prop_assert!(all_zero || channels.scales.contains(&tensor.scales[0]) && largest >= tensor.scales[0]);
    }

    #[test]
    fn the_error_stats_are_those_of_the_definition(
        pairs in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 1..200),
    ) {
        let (x, y): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        let e = || x.iter().zip(&y).map(|(x, y)| f64::from(*x) - f64::from(*y));
        let (ee, xx): (f64, f64) =
            (e().map(|e| e * e).sum(), x.iter().map(|x| f64::from(*x).powi(2)).sum());
        let stats: Vec<ErrorStats> =
            Backend::available().map(|b| b.error_stats(&x, &y).unwrap()).collect();
        prop_assert!(stats.iter().all(|s| *s == stats[0]), "backends differ");
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
        prop_assert!(close(stats[0].mse(), ee / x.len() as f64));
        #[cfg(feature = "std")]
        // Decibels near 0 are differences of logarithms: their error is absolute.
        prop_assert!((stats[0].sqnr_db() - 10.0 * (xx / ee).log10()).abs() < 1e-10 || ee == 0.0);
        #[cfg(not(feature = "std"))]
        let _ = xx;
        prop_assert_eq!(stats[0].max_abs(), e().fold(0.0, |a, e| e.abs().max(a)));
    }
}

#[test]
fn merged_error_stats_are_those_of_both() {
    let (x, y) = ([3.0f32, -4.0, 0.5, 2.0], [2.0f32, -4.0, 1.5, -1.0]);
    let of =
        |at: std::ops::Range<usize>| Backend::best().error_stats(&x[at.clone()], &y[at]).unwrap();
    // The sums of these numbers are exact.
    assert_eq!(of(0..2).merge(of(2..4)), of(0..4));
    assert_eq!(of(2..4).merge(of(0..2)), of(0..4));
    let doubled = (0..70).fold(of(0..4), |stats, _| stats.merge(stats));
    assert_eq!(doubled.count(), u64::MAX, "a count that overflows stays at the largest");
    assert_eq!(doubled.mse(), 2f64.powi(70) * 11.0 / u64::MAX as f64);
}
