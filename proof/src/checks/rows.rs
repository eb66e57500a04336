//! Checks matrices with gaps between the rows, by every scheme, with computed and with given
//! parameters.

use absmax::{ScaleType, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use super::tensors::tensor;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{Byte, Input, Matrix, Stored, any_scheme, at_every_granularity, in_groups};
use crate::session::Session;

/// Matrices whose rows stand apart, by every scheme, with parameters of their own and given ones.
pub const CHECK: Check = Check {
    name: "strided rows",
    about: "rows of many lengths, up to their own length apart, NaN between them: with scales from \
            the data and given ones, per tensor, row, column and group, scales and zero points of \
            every type, with sums of the integers; and back",
    run,
};

/// The largest piece that one thread takes.
const PIECE: usize = 1 << 17;

/// Rows of each length.
const LENGTHS: [usize; 17] =
    [0, 1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 257, 1000, 4096];

const NUMBERS: [usize; 5] = [0, 1, 2, 7, 33];

/// Matrices of several pieces, with rows shorter and longer than a piece.
const LARGE: [[usize; 2]; 4] = [[2, PIECE + 1], [3, PIECE], [400, 343], [70_000, 2]];

fn run(session: &Session<'_>) -> Result<Board> {
    let all = LENGTHS.into_iter().flat_map(|row_len| NUMBERS.map(|rows| [rows, row_len]));
    let all = all.chain(LARGE).flat_map(|shape| (0..4).map(move |gap| (shape, gap)));
    let items: Vec<_> = all.enumerate().step_by(session.effort.pick(23, 1)).collect();
    Ok(session.over(CHECK.name, &session.board(), items, |board, (seed, (shape, gap))| {
        let random = &mut Rng::with_seed(seed as u64);
        match random.u32(..3) {
            0 => of_type::<f32>(board, random, shape, gap),
            1 => of_type::<f16>(board, random, shape, gap),
            _ => of_type::<bf16>(board, random, shape, gap),
        }
    }))
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng, shape: [usize; 2], gap: usize) {
    let row_len = shape[1];
    // There are gaps in neither of the buffers, in one of them, or in both.
    let apart = |random: &mut Rng| row_len + random.usize(0..=row_len.max(1));
    let [from, to] = match gap {
        0 => [row_len; 2],
        1 => [row_len, apart(random)],
        2 => [apart(random), row_len],
        _ => [2 * row_len, apart(random)],
    };
    let matrix = Matrix { shape, from, to };
    let mut schemes = at_every_granularity(any_scheme(random), 2);
    schemes.push(Scheme::int8().per_channel(0));
    if row_len > PIECE {
        schemes.push(in_groups(any_scheme(random), PIECE + 1));
    }
    if shape[0] * row_len > PIECE {
        // One scheme at a time is enough.
        schemes = vec![schemes.swap_remove(random.usize(..schemes.len()))];
    }
    for scheme in schemes {
        if *reference::integers(scheme).start() >= 0 {
            by_scheme::<T, u8>(board, random, matrix, scheme);
        } else {
            by_scheme::<T, i8>(board, random, matrix, scheme);
        }
    }
}

fn by_scheme<T: Input, Q: Byte>(
    board: &mut Board,
    random: &mut Rng,
    matrix: Matrix,
    scheme: Scheme,
) {
    let stored = Stored {
        scales: if random.bool() { scheme.scale_type() } else { ScaleType::F32 },
        narrow_zero_points: random.bool(),
    };
    let how = (matrix, scheme, stored);
    let spread = [0, 12, 250][random.usize(..3)];
    let mut values = tensor::<T>(random, &matrix.shape, scheme, spread).to_vec();
    let wild = |random: &mut Rng| T::from_bits(T::WILD[random.usize(..T::WILD.len())]);
    let gap = wild(random);
    let offset = random.usize(..64);
    let placed = |values: &[T]| Placed::new(&matrix.source(values, gap), offset, gap);

    let expected = expected::quantize_tensor::<T, Q>(&values, &matrix.shape, scheme);
    board.quantize_rows(&placed(&values), how, &expected);
    if let Ok(of) = expected {
        board.row_sums(&placed(&values), (matrix, scheme), &of, false);
        let back: Vec<T> = expected::dequantize_tensor(&of, &matrix.shape, scheme);
        board.dequantize_rows(&of, how, offset, &back);
        // Some values may be beyond what the parameters were made for.
        for _ in 0..values.len().min(9) {
            let at = random.usize(..values.len());
            values[at] = wild(random);
        }
        let given = expected::quantize_tensor_with(&values, &matrix.shape, scheme, &of);
        board.quantize_rows_with(&placed(&values), how, &given);
        board.row_sums(&placed(&values), (matrix, scheme), &given, true);
    }
    // If one scale overflows and one value is not finite, the error depends on which set is first.
    if !values.is_empty() && scheme.scale_type() != ScaleType::F16 {
        let first = random.usize(..values.len());
        values[first] = wild(random);
        let expected = expected::quantize_tensor::<T, Q>(&values, &matrix.shape, scheme);
        board.quantize_rows(&placed(&values), how, &expected);
    }
}
