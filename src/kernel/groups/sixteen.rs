//! Quantizes sixteen groups by their divisors.

use super::divisors::Divisors;
use crate::kernel::grid::{Finish, Grid, WithFinish, halve};
use crate::recipe::Recipe;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// Where the integers of sixteen groups are stored, 64 at a time.
pub(super) trait Store {
    /// Stores the 64 integers from 64 `i` on.
    fn store<S: Simd>(&mut self, s: S, i: usize, integers: S::I8);
}

/// One group after the other.
pub(super) struct Rows<'a>(pub(super) &'a mut [[i8; BLOCK]]);

impl Store for Rows<'_> {
    #[inline(always)]
    fn store<S: Simd>(&mut self, s: S, i: usize, integers: S::I8) {
        s.store_i8(&mut self.0[i], integers);
    }
}

/// Quantizes sixteen groups that are in the cache, by valid divisors.
#[inline(always)]
pub(super) fn quantize_sixteen<S: Simd, T: Value, const G: usize>(
    s: S,
    x: &[[T; G]],
    recipe: Recipe<'_>,
    divisors: &Divisors,
    q: impl Store,
) {
    let scheme = *recipe.scheme;
    let x = x.as_flattened();
    // The zero points of affine groups differ, but the integers in use do not.
    let params = scheme.valid_params(1.0, scheme.offset());
    let grid = Grid::new(params, scheme.is_unsigned());
    if divisors.away {
        s.run(SixteenAway { x, group: G, divisors, grid, q });
    } else if grid.is_centred() && scheme.is_symmetric() {
        grid.finish_centred(s, Sixteen::<T, _, G, false> { x, divisors, grid, q });
    } else {
        Sixteen::<T, _, G, true> { x, divisors, grid, q }.with(s, grid.limited(s));
    }
}

/// Sixteen groups of G values, with zero points if `ZEROS`. Ties go to even integers.
struct Sixteen<'a, T, Q, const G: usize, const ZEROS: bool> {
    x: &'a [T],
    divisors: &'a Divisors,
    grid: Grid,
    q: Q,
}

impl<S: Simd, T: Value, Q: Store, const G: usize, const ZEROS: bool> WithFinish<S>
    for Sixteen<'_, T, Q, G, ZEROS>
{
    type Output = ();
    const LOOKS: bool = false;
    const KNOWN: bool = true;

    #[inline(always)]
    fn with<F: Finish<S>>(self, s: S, finish: F) {
        let Self { x, divisors, grid, mut q } = self;
        // This slice has a length that the compiler knows.
        let x = &x[..LANES * G];
        for (i, x) in x.as_chunks::<BLOCK>().0.iter().enumerate() {
            let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
            let mut v = [s.splat_i32(0); 4];
            for (j, v) in v.iter_mut().enumerate() {
                let group = (i * BLOCK + j * LANES) / G;
                *v = s.round(divisors.quotients(s, &x[j], group));
                if ZEROS {
                    *v = s.add_i32(*v, s.splat_i32(grid.biased(divisors.zero_points[group])));
                }
            }
            q.store(s, i, finish.finish(s, halve(s, v)));
        }
    }
}

/// Sixteen groups of `group` values, with zero points. Ties go away from 0, which takes so long that
/// not knowing the length of a group costs little.
struct SixteenAway<'a, T, Q> {
    x: &'a [T],
    group: usize,
    divisors: &'a Divisors,
    grid: Grid,
    q: Q,
}

impl<T: Value, Q: Store> Kernel for SixteenAway<'_, T, Q> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, group, divisors, grid, mut q } = self;
        // A group is 2^shift vectors.
        let (finish, shift) = (grid.limited(s), (group / LANES).trailing_zeros());
        for (i, x) in x[..LANES * group].as_chunks::<BLOCK>().0.iter().enumerate() {
            let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
            let mut v = [s.splat_i32(0); 4];
            for (j, v) in v.iter_mut().enumerate() {
                let group = (i * 4 + j) >> shift;
                let zero_point = s.splat_i32(grid.biased(divisors.zero_points[group]));
                *v = s.add_i32(s.round_away(divisors.quotients(s, &x[j], group)), zero_point);
            }
            q.store(s, i, finish.finish(s, halve(s, v)));
        }
    }
}
