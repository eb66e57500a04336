//! Observers against their definitions, value by value.

mod common;

use std::collections::BTreeMap;

use absmax::{
    Backend, Bin, Element, Error, Histogram, Observer, ObserverKind, QuantParams, ScaleType,
    Scheme, reference,
};
use common::observers::{histogram, observed, observers, outliers, values};
use half::{bf16, f16};
use proptest::prelude::*;

/// More values than are sorted, fewer than are shared out.
const LONG: usize = 20_000;

/// Several pieces and a short one.
const SHARED_OUT: usize = 3 * (1 << 19) + 77;

fn mergeable() -> Vec<Observer> {
    let average = |o: &Observer| matches!(o.kind(), ObserverKind::MovingAverage { .. });
    observers().into_iter().filter(|o| !average(o)).collect()
}

fn schemes() -> Vec<Scheme> {
    vec![
        Scheme::int8(),
        Scheme::int4(),
        Scheme::uint8(),
        Scheme::uint4(),
        Scheme::int8().affine(),
        Scheme::int8().bits(2).unwrap(),
        Scheme::int8().bits(3).unwrap().with_scale_type(ScaleType::F16),
        Scheme::int4().with_scale_type(ScaleType::Bf16),
    ]
}

/// Values such as activations have, so that the error is worth minimising.
fn ordinary() -> impl Strategy<Value = Vec<f32>> {
    let one = (-1f32..1.0, -1f32..1.0, 0..100u8);
    let one = one.prop_map(|(a, b, rare)| if rare == 0 { 20.0 * a } else { a * b });
    (prop::collection::vec(one, 1..300), 0..3u8).prop_map(|(x, shift)| match shift {
        0 => x,
        1 => x.iter().map(|x| x.abs()).collect(),
        _ => x.iter().map(|x| x + 2.0).collect(),
    })
}

// The definitions.

fn min_max(x: &[f32]) -> Option<(f32, f32)> {
    reference::min_max(x)
}

/// The bins by the bits of their values, with the values' middles.
fn bins(x: &[f32]) -> Vec<(Bin, f32)> {
    let mut bins = BTreeMap::new();
    for &x in x {
        let upper_half = if x == 0.0 { 0 } else { x.to_bits() & 0xffff_0000 };
        *bins.entry(upper_half).or_insert(0) += 1;
    }
    let mut bins: Vec<(Bin, f32)> = bins
        .into_iter()
        .map(|(bits, count)| {
            let [near, middle, far] = [0, 0x8000, 0xffff].map(|low| f32::from_bits(bits | low));
            let (lower, upper) = if far < 0.0 { (far, near) } else { (near, far) };
            (Bin { lower, upper, count }, middle)
        })
        .collect();
    bins.sort_by(|a, b| a.1.total_cmp(&b.1));
    bins
}

fn percentile(x: &[f32], percent: f64) -> f32 {
    let mut magnitudes: Vec<f32> = x.iter().map(|x| x.abs()).collect();
    magnitudes.sort_by(f32::total_cmp);
    let Some(&largest) = magnitudes.last() else { return 0.0 };
    let rank = (percent * magnitudes.len() as f64 / 100.0).ceil() as usize;
    let upper = f32::from_bits(magnitudes[rank - 1].to_bits() | 0xffff);
    if upper < largest { upper } else { largest }
}

fn fake_quantized(x: f32, params: QuantParams) -> f32 {
    let q = reference::quantize_one(x, params);
    if params.qmax() > 127 {
        reference::dequantize_one(q as u8, params)
    } else {
        reference::dequantize_one(q as i8, params)
    }
}

fn clipped(limits: (f32, f32), clip: f32) -> (f32, f32) {
    (limits.0.clamp(-clip, clip), limits.1.clamp(-clip, clip))
}

/// The squared error at the middles of the bins, if the values are clipped.
fn squared_error(x: &[f32], clip: f32, scheme: Scheme) -> Option<f64> {
    let (min, max) = min_max(x)?;
    let limits = clipped((min, max), clip);
    let params = scheme.params(limits.0, limits.1).ok()?;
    let mut sum = 0.0;
    for (bin, middle) in bins(x) {
        let v = middle.clamp(min, max);
        let e = f64::from(v) - f64::from(fake_quantized(v, params));
        sum += bin.count as f64 * (e * e);
    }
    Some(sum)
}

fn mse_clip(x: &[f32], scheme: Scheme) -> f32 {
    let Some((min, max)) = min_max(x) else { return 0.0 };
    let abs_max = if -min > max { -min } else { max };
    let clip = |k: i32| abs_max * (2f64.powf(f64::from(-k) / 64.0) as f32);
    let best = |steps: Vec<i32>| {
        let mut best = (steps[0], f64::INFINITY);
        for k in steps {
            match squared_error(x, clip(k), scheme) {
                Some(error) if error < best.1 => best = (k, error),
                _ => {}
            }
        }
        best.0
    };
    let coarse = best((0..64).map(|i| 8 * i).collect());
    clip(best((coarse - 7..=coarse + 7).filter(|&k| k >= 0).collect()))
}

proptest! {
    #[test]
    fn abs_max_and_min_max_are_those_of_all_batches(batches in prop::collection::vec(values(100), 0..5)) {
        let slices: Vec<&[f32]> = batches.iter().map(|batch| &batch[..]).collect();
        let all = batches.concat();
        let limits = min_max(&all);
        for scheme in schemes() {
            prop_assert_eq!(observed(Observer::min_max(), &slices).limits(scheme), limits);
            let abs_max = limits.map(|_| reference::abs_max(&all));
            let symmetric = abs_max.map(|abs_max| (-abs_max, abs_max));
            prop_assert_eq!(observed(Observer::abs_max(), &slices).limits(scheme), symmetric);
        }
    }

    #[test]
    fn a_moving_average_is_torch_s_recurrence(
        batches in prop::collection::vec(prop::collection::vec(-1e3f32..1e3, 1..20), 1..30),
        constant in 0.001f32..1.0,
    ) {
        let mut observer = Observer::moving_average(constant).unwrap();
        let mut expected = None;
        for batch in &batches {
            observer.observe(batch).unwrap();
            let (batch_min, batch_max) = min_max(batch).unwrap();
            let (mut min, mut max) = expected.unwrap_or((batch_min, batch_max));
            min += constant * (batch_min - min);
            max += constant * (batch_max - max);
            // Only where torch's own check fails.
            expected = Some(if min <= max { (min, max) } else { (max, min) });
            prop_assert_eq!(observer.limits(Scheme::int8()), expected);
        }
    }

    #[test]
    fn a_moving_average_is_always_a_range(
        batches in prop::collection::vec(values(30), 0..20),
        constant in prop_oneof![Just(1.0), f32::MIN_POSITIVE..=1.0, 0.99f32..=1.0],
    ) {
        let mut observer = Observer::moving_average(constant).unwrap();
        for batch in &batches {
            observer.observe(batch).unwrap();
            if let Some((min, max)) = observer.limits(Scheme::int8()) {
                prop_assert!(min.is_finite() && max.is_finite() && min <= max);
            }
        }
    }

    #[test]
    fn a_histogram_counts(x in values(300)) {
        let histogram = histogram(&x);
        let expected: Vec<Bin> = bins(&x).into_iter().map(|(bin, _)| bin).collect();
        prop_assert_eq!(histogram.bins().collect::<Vec<Bin>>(), expected);
        prop_assert_eq!(histogram.count(), x.len() as u64);
        prop_assert_eq!(histogram.min_max(), min_max(&x));
    }

    #[test]
    fn a_percentile_is_that_of_the_definition(
        x in values(300),
        percent in prop_oneof![0.0001f64..=100.0, Just(100.0), Just(50.0), Just(99.9), Just(1e-300)],
    ) {
        let found = histogram(&x).percentile(percent).unwrap();
        prop_assert_eq!(found, percentile(&x, percent));

        // In other words: so many are not above it, and they are that many only just.
        let not_above = |limit: f32| x.iter().filter(|x| x.abs() <= limit).count();
        let needed = (percent * x.len() as f64 / 100.0).ceil() as usize;
        prop_assert!(not_above(found) >= needed);
        let below = f32::from_bits(found.to_bits() & 0xffff_0000).next_down();
        prop_assert!(x.is_empty() || not_above(below) < needed);

        let observer = observed(Observer::percentile(percent).unwrap(), &[&x]);
        let limits = min_max(&x).map(|limits| clipped(limits, found));
        prop_assert_eq!(observer.limits(Scheme::uint8()), limits);
    }

    #[test]
    fn the_mse_clip_is_the_best_candidate(x in ordinary(), scheme in prop::sample::select(schemes())) {
        let found = histogram(&x).mse_clip(scheme);
        prop_assert_eq!(found, mse_clip(&x, scheme));
        let error = |clip| squared_error(&x, clip, scheme).unwrap();
        prop_assert!(error(found) <= error(reference::abs_max(&x)));

        let observer = observed(Observer::mse(), &[&x]);
        let limits = clipped(min_max(&x).unwrap(), found);
        prop_assert_eq!(observer.limits(scheme), Some(limits));
        prop_assert_eq!(observer.params(scheme), scheme.params(limits.0, limits.1));
    }

    #[test]
    fn of_any_values_at_all(x in values(300), scheme in prop::sample::select(schemes())) {
        prop_assert_eq!(histogram(&x).mse_clip(scheme), mse_clip(&x, scheme));
    }

    /// Merging is adding: in any order, in any grouping, it is as if one had seen everything.
    #[test]
    fn merging_is_observing_everything(a in values(100), b in values(100), c in values(100)) {
        for new in mergeable() {
            let [oa, ob, oc] = [&a, &b, &c].map(|x| observed(new.clone(), &[x]));
            let merged = |one: &Observer, other: &Observer| {
                let mut one = one.clone();
                one.merge(other).unwrap();
                one
            };
            let whole = observed(new.clone(), &[&[&a[..], &b, &c].concat()]);
            prop_assert_eq!(&merged(&merged(&oa, &ob), &oc), &whole);
            prop_assert_eq!(&merged(&oa, &merged(&ob, &oc)), &whole);
            prop_assert_eq!(&merged(&oc, &merged(&ob, &oa)), &whole);
            prop_assert_eq!(&merged(&new, &whole), &whole);
            prop_assert_eq!(&merged(&whole, &new), &whole);
            prop_assert_eq!(&observed(new, &[&c, &b, &a]), &whole);
        }
    }

    #[test]
    fn narrow_types_are_widened(bits in prop::collection::vec(any::<u16>(), 0..300)) {
        fn check<T: Element>(bits: &[u16], of_bits: impl Fn(u16) -> T) {
            let x: Vec<T> = bits.iter().copied().map(of_bits).collect();
            let x: Vec<T> = x.into_iter().filter(|x| x.to_f32().is_finite()).collect();
            let wide: Vec<f32> = x.iter().map(|x| x.to_f32()).collect();
            for new in observers() {
                assert_eq!(observed(new.clone(), &[&x]), observed(new, &[&wide]), "{}", T::NAME);
            }
        }
        check(&bits, f16::from_bits);
        check(&bits, bf16::from_bits);
    }
}

#[test]
fn many_values_are_counted_as_few_are() {
    fn check<T: Element>(x: &[T]) {
        for new in mergeable() {
            let batches: Vec<&[T]> = x.chunks(1000).collect();
            let whole = observed(new.clone(), &[x]);
            assert_eq!(whole, observed(new, &batches), "{} {}", T::NAME, whole.kind());
        }
    }
    let x = outliers(LONG);
    check(&x);
    check(&x.iter().map(|&x| f16::from_f32(x)).collect::<Vec<f16>>());
    check(&x.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<bf16>>());
    check(&vec![-0.0f32; LONG]);
}

#[test]
fn every_backend_and_number_of_threads() {
    let x = outliers(SHARED_OUT);
    for new in observers() {
        let expected = observed(new.clone(), &[&x]);
        assert!(expected.histogram().is_none_or(|h| h.count() == SHARED_OUT as u64));
        for backend in Backend::available() {
            for threads in [0, 1, 3] {
                let mut observer = new.clone();
                backend.with_threads(threads).observe(&mut observer, &x).unwrap();
                assert!(observer == expected, "{} {} {threads}", new.kind(), backend.isa());
            }
        }
    }
}

#[test]
fn known_percentiles() {
    // Powers of two are the first numbers of their bins, and bins are 1/128 wide.
    let x: Vec<f32> = (0..10).map(|i| (-2f32).powi(i)).collect();
    let histogram = histogram(&x);
    for (percent, power) in [(0.1, 0), (10.0, 0), (10.1, 1), (50.0, 4), (89.0, 8), (90.0, 8)] {
        let expected = (2f32.powi(power) * (1.0 + 1.0 / 128.0)).next_down();
        assert_eq!(histogram.percentile(percent), Ok(expected), "{percent}");
    }
    for percent in [90.1, 99.0, 100.0] {
        assert_eq!(histogram.percentile(percent), Ok(512.0));
    }
}

/// Round percentages of round numbers are what they seem.
#[test]
fn percent_of_a_thousand() {
    for (percent, outside) in [(99.9, 1), (99.0, 10), (99.5, 5), (90.0, 100), (99.99, 0)] {
        let mut x = vec![1.0; 1000 - outside];
        x.resize(1000, 5.0);
        let expected = if outside == 0 { 1.0 } else { 1.0078124 };
        assert_eq!(histogram(&x).percentile(percent), Ok(expected), "{percent}");
        x[0] = 5.0;
        assert_eq!(histogram(&x).percentile(percent), Ok(5.0), "{percent}");
    }
}

/// The search is a definition: these are its results on every CPU.
#[test]
fn known_clips() {
    let histogram = histogram(&outliers(LONG));
    let clips = schemes().into_iter().map(|scheme| histogram.mse_clip(scheme));
    assert_eq!(clips.collect::<Vec<f32>>(), KNOWN_CLIPS);
}

const KNOWN_CLIPS: [f32; 8] =
    [82.06803, 11.186977, 86.63472, 11.186977, 86.63472, 2.707335, 4.1303053, 11.186977];

/// On the values themselves, not only at the middles of the bins.
#[test]
fn clipping_pays() {
    let x = outliers(LONG);
    let mse = |params| {
        let mut y = vec![0.0; x.len()];
        absmax::fake_quantize_into(&x, params, &mut y).unwrap();
        Backend::best().error_stats(&x, &y).unwrap().mse()
    };
    for scheme in schemes() {
        let [all, best] = [Observer::min_max(), Observer::mse()]
            .map(|new| mse(observed(new, &[&x]).params(scheme).unwrap()));
        assert!(best <= all, "{scheme:?}: {best} and {all}");
        assert!(scheme.num_bits() > 4 || best < all / 2.0, "{scheme:?}: {best} and {all}");
    }
}

/// All values are further from 0 than some candidates.
#[test]
fn a_clip_below_all_values() {
    for sign in [1.0, -1.0] {
        let x = [100.0 * sign, 100.5 * sign, 101.0 * sign];
        for scheme in schemes() {
            assert_eq!(histogram(&x).mse_clip(scheme), mse_clip(&x, scheme));
            assert!(observed(Observer::mse(), &[&x]).params(scheme).is_ok());
            let low = observed(Observer::percentile(1.0).unwrap(), &[&x]);
            assert!(low.params(scheme).is_ok());
        }
    }
}

#[test]
fn a_scale_that_overflows_is_passed_over() {
    let scheme = Scheme::int8().with_scale_type(ScaleType::F16);
    // 127 * 65504 is the largest that fits.
    let x = [1e7, 1e-3, 2e-3];
    let clip = histogram(&x).mse_clip(scheme);
    assert!(0.0 < clip && clip < 127.0 * 65520.0, "{clip}");
    assert_eq!(clip, mse_clip(&x, scheme));
    let mut mse = observed(Observer::mse(), &[&x]);
    assert!(mse.params(scheme).is_ok());
    assert!(matches!(
        observed(Observer::abs_max(), &[&x]).params(scheme),
        Err(Error::ScaleOverflow { .. })
    ));

    mse.observe(&[f32::MAX]).unwrap();
    assert_eq!(mse.limits(scheme), Some((1e-3, f32::MAX)));
    assert!(matches!(mse.params(scheme), Err(Error::ScaleOverflow { .. })));
}

#[test]
fn nothing_was_observed() {
    for mut observer in observers() {
        for _ in 0..2 {
            for scheme in schemes() {
                assert_eq!(observer.limits(scheme), None);
                assert_eq!(observer.params(scheme), scheme.params(0.0, 0.0));
                assert_eq!(observer.params(scheme).unwrap().scale(), 1.0);
            }
            observer.observe::<f32>(&[]).unwrap();
        }
    }
    let empty = Histogram::new();
    assert_eq!((empty.count(), empty.min_max(), empty.bins().len()), (0, None, 0));
    assert_eq!((empty.percentile(50.0), empty.mse_clip(Scheme::int8())), (Ok(0.0), 0.0));
}

/// The limits of a moving average that saw two batches.
fn moved(from: &[f32], to: &[f32], constant: f32) -> (f32, f32) {
    observed(Observer::moving_average(constant).unwrap(), &[from, to])
        .limits(Scheme::uint8())
        .unwrap()
}

#[test]
fn a_moving_average_does_not_overflow() {
    let extremes = [f32::MAX, f32::MAX.next_down(), f32::MAX / 3.0, 1.0, 0.0];
    let extremes = extremes.map(|x| [x, -x]);
    for &from in extremes.as_flattened() {
        for &to in extremes.as_flattened() {
            for constant in [f32::MIN_POSITIVE, 0.01, 0.5, 1.0f32.next_down(), 1.0] {
                let (min, max) = moved(&[from], &[to], constant);
                assert!(min.is_finite() && min == max, "{from} to {to} by {constant}");
            }
        }
    }
    assert_eq!(moved(&[-f32::MAX], &[f32::MAX], 0.5), (0.0, 0.0));
    assert_eq!(moved(&[-f32::MAX], &[f32::MAX], 1.0), (f32::MAX, f32::MAX));
    // Two roundings can add up: x + (MAX - x), rounded up twice, would be infinite.
    for odd in [1.0, 3.0, 5.0, 7.0] {
        let (min, _) = moved(&[odd * 2f32.powi(103)], &[f32::MAX], 1.0);
        assert!(min.is_finite() && min >= f32::MAX.next_down(), "{odd}");
    }
}

/// 0.7 is reached from below and from above, but for the roundings.
#[test]
fn the_limits_of_a_moving_average_do_not_cross() {
    assert_eq!(moved(&[4.4], &[0.7], 1.0).0, 0.700_000_05);
    assert_eq!(moved(&[7.1], &[0.7], 1.0).0, 0.699_999_8);
    assert_eq!(moved(&[4.4, 7.1], &[0.7], 1.0), (0.699_999_8, 0.700_000_05));
}

#[test]
fn extremes() {
    for x in [
        vec![0.0, -0.0],
        vec![f32::from_bits(1); 3],
        vec![-f32::from_bits(1), 0.0],
        vec![f32::MAX, -f32::MAX],
        vec![f32::MAX; 10],
        vec![f32::MIN_POSITIVE, -1.0],
    ] {
        for new in observers() {
            let observer = observed(new, &[&x, &x]);
            for scheme in schemes() {
                let (min, max) = observer.limits(scheme).unwrap();
                assert!(min.is_finite() && max.is_finite() && min <= max, "{x:?} {observer:?}");
                let _ = observer.params(scheme);
            }
        }
        for scheme in schemes() {
            assert_eq!(histogram(&x).mse_clip(scheme), mse_clip(&x, scheme), "{x:?}");
        }
    }
}

#[test]
fn what_is_not_finite_changes_nothing() {
    for new in observers() {
        for len in [1, 70, LONG, SHARED_OUT] {
            for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = vec![0.5; len];
                (x[len / 2], x[len - 1]) = (wild, f32::NAN);
                let at = len / 2;
                let wild = x[at];
                let before = observed(new.clone(), &[&[1.0, -3.0]]);
                let mut observer = before.clone();
                match observer.observe(&x) {
                    Err(Error::NotFinite { index, value }) => {
                        assert_eq!((index, value.to_bits()), (at, wild.to_bits()));
                    }
                    other => panic!("{other:?}"),
                }
                assert_eq!(observer, before);
            }
        }
    }
}

#[test]
fn settings_are_checked() {
    for constant in [0.0, -0.5, 1.0f32.next_up(), f32::INFINITY, f32::NAN] {
        let error = Observer::moving_average(constant).unwrap_err();
        let Error::InvalidAveragingConstant { constant: found } = error else { panic!("{error}") };
        assert_eq!(found.to_bits(), constant.to_bits());
    }
    for percent in [0.0, -1.0, 100.0f64.next_up(), f64::INFINITY, f64::NAN] {
        let errors = [
            Observer::percentile(percent).unwrap_err(),
            Histogram::new().percentile(percent).unwrap_err(),
        ];
        for error in errors {
            let Error::InvalidPercent { percent: found } = error else { panic!("{error}") };
            assert_eq!(found.to_bits(), percent.to_bits());
        }
    }
    assert_eq!(
        Observer::percentile(101.0).unwrap_err().to_string(),
        "percentile 101 is not above 0 and at most 100"
    );
}

#[test]
fn only_equals_merge() {
    let mut all: Vec<Observer> =
        observers().into_iter().map(|new| observed(new, &[&[1.0, -3.0]])).collect();
    all.push(observed(Observer::percentile(99.0).unwrap(), &[&[1.0]]));
    all.push(observed(Observer::moving_average(0.5).unwrap(), &[&[1.0]]));
    for one in &all {
        for other in &all {
            let (kind, other_kind) = (one.kind(), other.kind());
            let mut merged = one.clone();
            let result = merged.merge(other);
            let average = |kind| matches!(kind, ObserverKind::MovingAverage { .. });
            if average(kind) && average(other_kind) {
                assert_eq!(result, Err(Error::MovingAverageMerge));
            } else if kind == other_kind {
                assert_eq!(result, Ok(()));
                continue;
            } else {
                assert_eq!(result, Err(Error::ObserverMismatch { kind, other: other_kind }));
            }
            assert_eq!(&merged, one);
        }
    }
}
