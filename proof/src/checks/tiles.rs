//! Checks tiles, by every scheme, with computed and with given parameters.

use absmax::{ScaleType, Scheme, Tiles, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use super::tensors::tensor;
use crate::compare::Board;
use crate::error::Result;
use crate::expected;
use crate::inputs::{Byte, Input, any_scheme, at_every_granularity};
use crate::session::Session;

/// Tiles of many forms, by every scheme, with parameters of their own and given ones.
pub const CHECK: Check = Check {
    name: "tiles",
    about: "rows that are interleaved to tiles of 1 to 16 rows by 1 to 16 columns, filled up: with \
            scales from the data and given ones, per tensor, row, column and group",
    run,
};

/// Rows and columns of tiles.
const FORMS: [[usize; 2]; 11] =
    [[4, 8], [8, 4], [16, 4], [8, 8], [4, 4], [16, 8], [1, 4], [6, 16], [3, 5], [1, 1], [7, 2]];

/// Rows that fill tiles and rows that do not.
const SHAPES: [[usize; 2]; 12] = [
    [0, 5],
    [5, 0],
    [1, 1],
    [4, 8],
    [16, 64],
    [33, 48],
    [17, 33],
    [3, 128],
    [32, 257],
    [5, 1000],
    [16, 4096],
    [24, 3000],
];

fn run(session: &Session<'_>) -> Result<Board> {
    let all = FORMS.into_iter().flat_map(|form| SHAPES.map(|shape| (form, shape)));
    let items: Vec<_> = all.enumerate().step_by(session.effort.pick(13, 1)).collect();
    Ok(session.over(CHECK.name, &session.board(), items, |board, (seed, (form, shape))| {
        let random = &mut Rng::with_seed(seed as u64);
        let Ok(tiles) = Tiles::new(form[0], form[1]) else { return };
        for scheme in at_every_granularity(any_scheme(random), 2) {
            let unsigned = *reference::integers(scheme).start() >= 0;
            match (seed % 3, unsigned) {
                (0, true) => of_type::<f32, u8>(board, random, shape, scheme, tiles),
                (0, false) => of_type::<f32, i8>(board, random, shape, scheme, tiles),
                (1, true) => of_type::<f16, u8>(board, random, shape, scheme, tiles),
                (1, false) => of_type::<f16, i8>(board, random, shape, scheme, tiles),
                (_, true) => of_type::<bf16, u8>(board, random, shape, scheme, tiles),
                (_, false) => of_type::<bf16, i8>(board, random, shape, scheme, tiles),
            }
        }
    }))
}

fn of_type<T: Input, Q: Byte>(
    board: &mut Board,
    random: &mut Rng,
    shape: [usize; 2],
    scheme: Scheme,
    tiles: Tiles,
) {
    let columns = shape[1].next_multiple_of(tiles.kr()) + tiles.kr() * random.usize(..2);
    let (how, to) = ((shape, scheme), (tiles, columns));
    let spread = [0, 12, 250][random.usize(..3)];
    let mut x = tensor::<T>(random, &shape, scheme, spread);
    let expected = expected::quantize_tensor::<T, Q>(&x, &shape, scheme);
    board.tiles(&x, how, to, None, &expected);
    if let Ok(of) = expected {
        let given = expected::quantize_tensor_with(&x, &shape, scheme, &of);
        board.tiles(&x, how, to, Some(&of), &Ok(given));
    }
    if !x.is_empty() && scheme.scale_type() != ScaleType::F16 {
        let at = random.usize(..x.len());
        x[at] = T::from_bits(T::WILD[random.usize(..T::WILD.len())]);
        let expected = expected::quantize_tensor::<T, Q>(&x, &shape, scheme);
        board.tiles(&x, how, to, None, &expected);
    }
}
