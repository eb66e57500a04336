//! NaN and infinities in data whose scale is computed: the first of them is named.

use absmax::Scheme;
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed};
use crate::selftest::expected;
use crate::selftest::inputs::Input;
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "not finite",
    about: "NaN and infinities at every position, another one behind: index and value of the first",
    run,
};

/// Rows, and the length of each: of less than a block, of whole blocks, of more, of several pieces.
const SHAPES: [[usize; 2]; 10] = [
    [1, 1],
    [1, 7],
    [7, 1],
    [1, 64],
    [3, 21],
    [13, 5],
    [5, 64],
    [3, 130],
    [2, 300],
    [2, (1 << 17) + 3],
];

fn run(session: &Session) -> anyhow::Result<Board> {
    Ok(session.over(CHECK.name, &session.board(), SHAPES.to_vec(), |board, shape| {
        let stride = session.effort.pick(11, 1);
        of_type::<f32>(board, shape, stride);
        of_type::<f16>(board, shape, stride);
        of_type::<bf16>(board, shape, stride);
    }))
}

fn of_type<T: Input>(board: &mut Board, shape: [usize; 2], stride: usize) {
    let len = shape[0] * shape[1];
    let largest = T::from_bits(T::WILD[0] - 1);
    for fine in [T::from_f32(0.5), T::from_f32(0.0), largest] {
        among(board, &vec![fine; len], shape, if len < 1000 { stride } else { len / 5 });
    }
}

/// One at every so many places among values that are fine.
fn among<T: Input>(board: &mut Board, fine: &[T], shape: [usize; 2], stride: usize) {
    let random = &mut Rng::with_seed(4);
    let len = fine.len();
    for first in (0..len).step_by(stride) {
        // Behind the first, so that whoever looks elsewhere finds another.
        let second = random.usize(first..len);
        let mut values = fine.to_vec();
        values[second] = wild(random);
        values[first] = wild(random);
        let x = Placed::new(&values, random.usize(..64), fine[0]);
        let expected = expected::quantize(&x).map(|_| Default::default());
        board.quantize_into(&x, &expected);
        board.quantize_rows_into(&x, shape, &expected);
        for axis in [0, 1] {
            board.quantizer(&x, &shape, Scheme::int8().per_channel(axis), &expected);
        }
        // Planes of channels.
        let planes = [shape[0], 1, shape[1]];
        board.quantizer(&x, &planes, Scheme::int8().per_channel(1), &expected);
    }
}

fn wild<T: Input>(random: &mut Rng) -> T {
    T::from_bits(T::WILD[random.usize(..T::WILD.len())])
}
