//! Checks NaN and infinities in data whose scale is computed: the error names the first of them.

use absmax::{ScaleType, Scheme};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{Input, Matrix, Stored, any_scheme, at_every_granularity};
use crate::session::Session;

/// NaN and infinities in data whose scale is computed: the first of them is named.
pub const CHECK: Check = Check {
    name: "not finite",
    about: "NaN and infinities at every position, another one behind: index and value of the first, \
            by every scheme",
    run,
};

/// The number of rows and the length of each. They are shorter than a block, whole blocks, and
/// longer. Some have sixteen groups and more, with and without a shorter group at the end, and some
/// have several pieces.
const SHAPES: [[usize; 2]; 13] = [
    [1, 1],
    [1, 7],
    [7, 1],
    [1, 64],
    [3, 21],
    [13, 5],
    [5, 64],
    [3, 130],
    [2, 300],
    [1, 555],
    [17, 32],
    [600, 1],
    [2, (1 << 17) + 3],
];

/// The number of positions that are tried in the large tensor.
const FEW: usize = 5;

fn run(session: &Session<'_>) -> Result<Board> {
    Ok(session.over(CHECK.name, &session.board(), SHAPES.to_vec(), |board, shape| {
        let len = shape[0] * shape[1];
        let stride = if len < 1000 { session.effort.pick(23, 1) } else { len / FEW };
        of_type::<f32>(board, shape, stride);
        of_type::<f16>(board, shape, stride);
        of_type::<bf16>(board, shape, stride);
    }))
}

fn of_type<T: Input>(board: &mut Board, shape: [usize; 2], stride: usize) {
    // The finite values are everyday values, zeros, and the largest of all.
    let fine = [T::of(0.5), T::of(0.0), T::from_bits(T::WILD[0] - 1)];
    let len = shape[0] * shape[1];
    let random = &mut Rng::with_seed(4);
    for first in (0..len).step_by(stride) {
        // There is a second such value behind the first, for an implementation that does not look
        // for the first.
        let second = random.usize(first..len);
        let mut x = Placed::filled(len, random.usize(..64), fine[random.usize(..fine.len())]);
        x[second] = wild(random);
        x[first] = wild(random);
        board.limits(&x);
        let expected = expected::quantize(&x);
        board.quantize_into(&x, &expected);
        let rows = (Matrix::gapless(shape), Scheme::int8().per_channel(0), Stored::WIDE);
        board.quantize_rows(&x, rows, &expected);

        // The largest values have no scale in f16.
        let scheme = any_scheme(random).with_scale_type(ScaleType::F32);
        let planes = [shape[0], 1, shape[1]];
        for shape in [&shape[..], &planes] {
            let schemes = at_every_granularity(scheme, shape.len());
            // One granularity at a time is enough.
            board.tensor(&x, shape, schemes[random.usize(..schemes.len())]);
        }
    }
}

fn wild<T: Input>(random: &mut Rng) -> T {
    T::from_bits(T::WILD[random.usize(..T::WILD.len())])
}
