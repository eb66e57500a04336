//! Checks other programs' arithmetic: rows and groups by every preset, and the blocks of ggml.

use absmax::arithmetic::Schemes;
use absmax::{Arithmetic, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use super::tensors::tensor;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::inputs::{Blocks, Input, MAPPINGS, SCALE_TYPES, hard_values, in_groups, scheme};
use crate::session::Session;

/// Rows, groups and blocks by every preset of arithmetic.
pub const CHECK: Check = Check {
    name: "arithmetic",
    about: "rows and groups by every preset of arithmetic, in every scheme that it has, with scales \
            of every type; the blocks q8_0, q8_1 and q8_K of ggml",
    run,
};

/// Rows that are shorter than a block, sixteen short ones and more, and longer ones.
const SHAPES: [[usize; 2]; 9] =
    [[1, 1], [3, 7], [33, 16], [40, 32], [17, 64], [20, 128], [3, 300], [5, 679], [1, 2309]];

/// The sizes of groups.
const GROUPS: [usize; 4] = [16, 32, 48, 128];

fn run(session: &Session<'_>) -> Result<Board> {
    let seeds = 0..session.effort.pick(2, 40);
    let items = seeds.flat_map(|seed| Arithmetic::PRESETS.map(|(_, by)| (seed, by)));
    let items: Vec<(u64, Arithmetic)> = items.collect();
    Ok(session.over(CHECK.name, &session.board(), items, |board, (seed, by)| {
        let random = &mut Rng::with_seed(seed);
        of_type::<f32>(board, random, by);
        of_type::<f16>(board, random, by);
        of_type::<bf16>(board, random, by);
    }))
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng, by: Arithmetic) {
    for mapping in MAPPINGS {
        let bits = if by.schemes == Schemes::All { random.u8(2..=8) } else { 8 };
        let scheme = scheme(bits, mapping);
        if by.schemes.contains(scheme) {
            for shape in SHAPES {
                let scheme = scheme.with_scale_type(SCALE_TYPES[random.usize(..SCALE_TYPES.len())]);
                let spread = [0, 12, 40, 250][random.usize(..4)];
                let groups = in_groups(scheme, GROUPS[random.usize(..GROUPS.len())]);
                for scheme in [scheme.per_channel(0), groups] {
                    rows(board, &tensor::<T>(random, &shape, scheme, spread), shape, scheme, by);
                }
            }
            let x = hard::<T>(random);
            rows(board, &x, [1, x.len()], scheme.per_channel(0), by);
        }
    }
    if by.check_blocks().is_ok() {
        for blocks in Blocks::ALL {
            let count = random.usize(1..70);
            let scheme = in_groups(Scheme::int8(), blocks.values());
            let shape = [1, count * blocks.values()];
            board.blocks(&tensor::<T>(random, &shape, scheme, 12), blocks, by);
        }
    }
}

fn rows<T: Input>(
    board: &mut Board,
    x: &Placed<T>,
    shape: [usize; 2],
    scheme: Scheme,
    by: Arithmetic,
) {
    if *reference::integers(scheme).start() >= 0 {
        board.quantize_rows_by::<T, u8>(x, shape, scheme, by);
    } else {
        board.quantize_rows_by::<T, i8>(x, shape, scheme, by);
    }
}

/// Values at the ends and at the ties of a scale, and next to them.
fn hard<T: Input>(random: &mut Rng) -> Placed<T> {
    let scale = 2f32.powi(random.i32(-8..8)) * (1.0 + random.f32());
    let end = T::of(127.0 * scale);
    let values = hard_values(scale).into_iter().map(T::of).filter(|x| x.wide().abs() <= end.wide());
    let mut x: Vec<T> = values.collect();
    x.push(end);
    Placed::new(&x, random.usize(..64), T::from_bits(T::WILD[2]))
}
