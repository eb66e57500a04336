//! Quantizes to blocks q8_0 of ggml, sixteen at a time as all short groups. The integers go from
//! registers to their blocks.

use half::f16;

use super::divisors::{Divisors, all_within};
use super::in_sixteens::{Sixteens, in_sixteens};
use super::sixteen::{Store, quantize_sixteen};
use crate::kernel::blocks::Traffic;
use crate::recipe::Recipe;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};
use crate::{Arithmetic, ScaleType, Scheme};

/// Quantizes groups of 32 values to blocks: the scale in f16, and 32 integers of [`Scheme::int8`]
/// by an arithmetic that [suits groups](Recipe::suits_groups). The kernel stops when fewer than
/// sixteen groups are left, or at sixteen groups of which one has a scale outside the proven range
/// or the range of f16. It returns the group at which it stopped.
pub(crate) struct QuantizeQ8_0<'a, T> {
    pub(crate) x: &'a [[T; 32]],
    /// The type that scales are rounded to before values are quantized.
    pub(crate) scale_type: ScaleType,
    pub(crate) arithmetic: Option<&'a Arithmetic>,
    pub(crate) traffic: Traffic,
    pub(crate) to: &'a mut [[u8; 34]],
}

impl<T: Value> Kernel for QuantizeQ8_0<'_, T> {
    type Output = usize;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> usize {
        let Self { x, scale_type, arithmetic, traffic, to } = self;
        // The scheme is made here, so that the compiler knows it: what it decides is a tenth of the
        // instructions of sixteen groups.
        let scheme = &Scheme::int8().with_scale_type(scale_type);
        let recipe = Recipe { scheme, arithmetic };
        in_sixteens(s, x, 0, recipe, traffic, ToBlocks(to))
    }
}

/// The largest number that does not round to infinity in f16.
const LARGEST: f32 = 65_520f32.next_down();

struct ToBlocks<'a>(&'a mut [[u8; 34]]);

impl Sixteens<32> for ToBlocks<'_> {
    #[inline(always)]
    fn put<S: Simd, T: Value>(
        &mut self,
        s: S,
        at: usize,
        x: &[[T; 32]],
        recipe: Recipe<'_>,
        divisors: &Divisors,
    ) -> bool {
        let scale = s.load_f32(&divisors.scales);
        if !all_within(s, scale, 0.0..=LARGEST) {
            return false;
        }
        let mut scales = [f16::ZERO; LANES];
        s.store_f16(&mut scales, scale);
        let Some(blocks) = self.0[at..].first_chunk_mut::<LANES>() else { return false };
        for (block, scale) in blocks.iter_mut().zip(scales) {
            block[..2].copy_from_slice(&scale.to_le_bytes());
        }
        quantize_sixteen(s, x, recipe, divisors, Sixteen(blocks));
        true
    }
}

/// Sixteen blocks.
struct Sixteen<'a>(&'a mut [[u8; 34]; LANES]);

impl Store for Sixteen<'_> {
    #[inline(always)]
    fn store<S: Simd>(&mut self, s: S, i: usize, integers: S::I8) {
        let mut q = [0; BLOCK];
        s.store_i8(&mut q, integers);
        let q = bytemuck::must_cast_ref::<[i8; BLOCK], [[u8; 32]; 2]>(&q);
        for (block, q) in self.0[2 * i..][..2].iter_mut().zip(q) {
            block[2..].copy_from_slice(q);
        }
    }
}
