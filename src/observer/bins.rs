//! The bins of a histogram: which bin a value is in, and how many values each bin holds.

use alloc::vec;
use alloc::vec::Vec;

use crate::Element;
use crate::simd::{number, ordered};

/// Fewer values than this are sorted, which is quicker than looking through a count for each of the
/// [`CODES`].
const SORTED: usize = 1 << 11;

/// The number of codes that the sixteen bits of an [`Element`]'s code can stand for.
const CODES: usize = 1 << 16;

/// The first code of negative numbers.
const NEGATIVE: u16 = 1 << 15;

/// The name of a bin: the upper half of a binary32 pattern, as an integer that is ordered like the
/// numbers. The key of a negative number is the complement of the key of its opposite.
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

    /// The largest number of the bin, which is -0 for the bin below 0.
    pub(super) fn upper(self) -> f32 {
        number(i32::from(self.0) << 16 | 0xffff)
    }

    /// The middle of the bin: half way between its edge nearest to 0 and that of the next bin away
    /// from 0.
    pub(super) fn middle(self) -> f32 {
        let magnitude = f32::from_bits(u32::from(self.magnitude()) << 16 | 0x8000);
        if self.0 < 0 { -magnitude } else { magnitude }
    }

    /// The upper half of the pattern without its sign, which is the same for opposite bins.
    pub(super) const fn magnitude(self) -> u16 {
        (if self.0 < 0 { !self.0 } else { self.0 }) as u16
    }
}

/// How many values each bin holds. Only bins that hold values are listed, from the least to the
/// largest.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct Bins(Vec<(Key, u64)>);

impl Bins {
    /// Counts finite values, of which there are fewer than 2^32.
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
        // Codes are sign and magnitude, and come here from the least value to the largest.
        let codes = (NEGATIVE..=u16::MAX).rev().chain(0..NEGATIVE);
        let counts = codes.map(|code| (code, counts[usize::from(code)]));
        let counts = counts.filter(|&(_, count)| count != 0);
        let mut bins =
            Self(counts.map(|(code, n)| (Key::of(T::of_code(code)), n.into())).collect());
        bins.join();
        bins
    }

    /// Adds the counts of other bins. A sum that exceeds [`u64::MAX`] becomes that.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        // There are two ascending runs, which this sort merges.
        self.0.sort_by_key(|&(key, _)| key);
        self.join();
    }

    /// Joins neighbouring entries of the same bin.
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
