//! The bins of a histogram: which one a value is in, and how many values each holds.

use alloc::vec;
use alloc::vec::Vec;

use crate::Element;
use crate::simd::{number, ordered};

/// Fewer values are sorted: quicker than looking through a count for each of [`CODES`].
const SORTED: usize = 1 << 11;

/// Of [`Element`]'s sixteen bits.
const CODES: usize = 1 << 16;

/// The first code of negative numbers.
const NEGATIVE: u16 = 1 << 15;

/// A bin: the upper half of a binary32 pattern, as an integer that orders as the numbers do. That of
/// a negative number is the complement of its opposite's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "i16", into = "i16"))]
pub(super) struct Key(pub(super) i16);

impl Key {
    /// The bin of a finite number. A zero is +0 whatever its sign.
    #[inline]
    pub(super) fn of(x: f32) -> Self {
        Self((ordered(x + 0.0) >> 16) as i16)
    }

    /// The least number of the bin.
    pub(super) fn lower(self) -> f32 {
        number(i32::from(self.0) << 16)
    }

    /// The largest number of the bin; -0 of the bin below 0.
    pub(super) fn upper(self) -> f32 {
        number(i32::from(self.0) << 16 | 0xffff)
    }

    /// Half way between the edges nearest to 0, of this bin and of the next.
    pub(super) fn middle(self) -> f32 {
        let magnitude = f32::from_bits(u32::from(self.magnitude()) << 16 | 0x8000);
        if self.0 < 0 { -magnitude } else { magnitude }
    }

    /// The upper half of the pattern without its sign, in which opposite bins agree.
    pub(super) const fn magnitude(self) -> u16 {
        (if self.0 < 0 { !self.0 } else { self.0 }) as u16
    }
}

/// How many values each bin holds, for those that hold any, from the least to the largest.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct Bins(Vec<(Key, u64)>);

impl Bins {
    /// Of finite values, fewer than 2^32.
    pub(super) fn of<T: Element>(x: &[T]) -> Self {
        if x.len() < SORTED { Self::sorted(x) } else { Self::counted(x) }
    }

    fn sorted<T: Element>(x: &[T]) -> Self {
        let mut keys: Vec<Key> = x.iter().map(|x| Key::of(x.to_f32())).collect();
        keys.sort_unstable();
        let mut bins = Self(keys.into_iter().map(|key| (key, 1)).collect());
        bins.join();
        bins
    }

    fn counted<T: Element>(x: &[T]) -> Self {
        let mut counts = vec![0u32; CODES];
        for value in x {
            counts[usize::from(value.code())] += 1;
        }
        // Sign and magnitude, from the least to the largest.
        let codes = (NEGATIVE..=u16::MAX).rev().chain(0..NEGATIVE);
        let counts = codes.map(|code| (code, counts[usize::from(code)]));
        let counts = counts.filter(|&(_, count)| count != 0);
        let mut bins =
            Self(counts.map(|(code, n)| (Key::of(T::of_code(code)), n.into())).collect());
        bins.join();
        bins
    }

    /// Adds the counts of others. The sum that exceeds [`u64::MAX`] is that.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        // Two ascending runs: this sort merges them.
        self.0.sort_by_key(|&(key, _)| key);
        self.join();
    }

    /// Makes one of neighbours of the same bin.
    fn join(&mut self) {
        self.0.dedup_by(|(key, count), (kept, total)| {
            let same = key == kept;
            if same {
                *total = total.saturating_add(*count);
            }
            same
        });
    }

    pub(super) fn as_slice(&self) -> &[(Key, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;

    /// Every pattern of sixteen bits that is a number, some of them more than once.
    fn patterns() -> impl Iterator<Item = u16> {
        (0..=u16::MAX).chain((0..=u16::MAX).step_by(5))
    }

    fn check<T: Element>(of_bits: impl Fn(u16) -> T) {
        let x: Vec<T> = patterns().map(of_bits).filter(|x| x.to_f32().is_finite()).collect();
        let (sorted, counted) = (Bins::sorted(&x), Bins::counted(&x));
        assert_eq!(sorted, counted, "{}", T::NAME);
        assert!(sorted.0.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(sorted.0.iter().map(|bin| bin.1).sum::<u64>(), x.len() as u64);
    }

    #[test]
    fn sorting_and_counting_agree() {
        check(f16::from_bits);
        check(bf16::from_bits);
        for low in [0, 1, 0x7fff, 0xffff] {
            check(|high| f32::from_bits(u32::from(high) << 16 | low));
        }
    }

    #[test]
    fn a_bin_holds_what_is_between_its_edges() {
        for high in 0..=u16::MAX {
            let edges =
                [0, 1, 0x8000, 0xffff].map(|low| f32::from_bits(u32::from(high) << 16 | low));
            let [zero, first, middle, last] = edges;
            if !last.is_finite() || high & 0x7fff == 0 {
                continue;
            }
            let key = Key::of(zero);
            assert!(edges.iter().all(|&x| Key::of(x) == key));
            let (near, far) =
                if last < 0.0 { (key.upper(), key.lower()) } else { (key.lower(), key.upper()) };
            assert_eq!((near, far, key.middle()), (zero, last, middle), "{high:#x} {first}");
            assert_eq!(key.magnitude(), high & 0x7fff);
        }
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert_eq!(Key::of(-0.0), Key(0));
        assert_eq!(Key::of(-f32::from_bits(1)), Key(-1));
        assert_eq!(Bins::of(&[0.0, -0.0]).as_slice(), [(Key(0), 2)]);
        assert_eq!((Key(-1).lower(), Key(-1).upper()), (-f32::from_bits(0xffff), 0.0));
    }

    #[test]
    fn counts_saturate() {
        let mut bins = Bins::of(&[1.0, 2.0]);
        for _ in 0..70 {
            bins.merge(&bins.clone());
        }
        assert_eq!(bins.0, [(Key::of(1.0), u64::MAX), (Key::of(2.0), u64::MAX)]);
    }
}
