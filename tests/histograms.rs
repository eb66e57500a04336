//! The bins of a histogram: where their edges are, and that two ways of counting agree.

use absmax::{Bin, Element, Histogram};
use half::{bf16, f16};

/// Fewer values than these are sorted, more are counted.
const FEW: usize = 1000;

/// Every pattern of sixteen bits that is a number, some of them more than once.
fn patterns() -> impl Iterator<Item = u16> {
    (0..=u16::MAX).chain((0..=u16::MAX).step_by(5))
}

fn histogram<T: Element>(x: &[T]) -> Histogram {
    let mut histogram = Histogram::new();
    histogram.observe(x).unwrap();
    histogram
}

/// The only bin of a value.
fn bin(x: f32) -> Bin {
    let histogram = histogram(&[x]);
    assert_eq!(histogram.count(), 1);
    histogram.bins().next().unwrap()
}

fn agree<T: Element>(of_bits: impl Fn(u16) -> T) {
    let x: Vec<T> = patterns().map(of_bits).filter(|x| x.to_f32().is_finite()).collect();
    let (mut sorted, counted) = (Histogram::new(), histogram(&x));
    x.chunks(FEW).for_each(|x| sorted.observe(x).unwrap());
    assert_eq!(sorted, counted, "{}", T::NAME);
    assert!(counted.bins().is_sorted_by(|a, b| a.upper <= b.lower && a.lower < b.lower));
    assert_eq!(counted.count(), x.len() as u64);
}

#[test]
fn sorting_and_counting_agree() {
    agree(f16::from_bits);
    agree(bf16::from_bits);
    for low in [0, 1, 0x7fff, 0xffff] {
        agree(|high| f32::from_bits(u32::from(high) << 16 | low));
    }
}

#[test]
fn a_bin_holds_what_is_between_its_edges() {
    for high in 0..=u16::MAX {
        let edges = [0, 1, 0x8000, 0xffff].map(|low| f32::from_bits(u32::from(high) << 16 | low));
        let [near, .., far] = edges;
        if !far.is_finite() || high & 0x7fff == 0 {
            continue;
        }
        let (lower, upper) = if far < 0.0 { (far, near) } else { (near, far) };
        for x in edges {
            assert_eq!(bin(x), Bin { lower, upper, count: 1 }, "{high:#x}");
        }
    }
}

#[test]
fn a_zero_has_no_sign() {
    assert_eq!(histogram(&[0.0, -0.0]).bins().collect::<Vec<_>>(), [Bin { count: 2, ..bin(0.0) }]);
    assert_eq!(bin(-0.0), bin(0.0));
    let below = bin(-f32::from_bits(1));
    assert_eq!((below.lower, below.upper), (-f32::from_bits(0xffff), 0.0));
}

#[test]
fn counts_saturate() {
    let mut histogram = histogram(&[1.0, 2.0]);
    for _ in 0..70 {
        histogram.merge(&histogram.clone());
    }
    assert!(histogram.bins().all(|bin| bin.count == u64::MAX));
    assert_eq!((histogram.bins().len(), histogram.count()), (2, u64::MAX));
}
