//! Tensors that no cache holds: kernels prefetch, and store past the caches.

use absmax::{Scheme, reference};
use fastrand::Rng;
use half::bf16;

use super::Check;
use crate::selftest::compare::{Board, Placed, both_ranges};
use crate::selftest::expected;
use crate::selftest::inputs::{painted, within};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "huge tensors",
    about: "results of more than 64 MiB, which are stored past the caches",
    run,
};

/// Elements of one byte that are more than 64 MiB, and so many that the last chunk is ragged.
const BYTES: usize = (64 << 20) + 12_345;

/// The same of four bytes each.
const WORDS: usize = BYTES / 4;

/// Values that are repeated: a prime number, so that no two chunks or blocks are alike.
const PERIOD: usize = 65_521;

const SCALE: f32 = 0.1;

fn run(session: &Session) -> anyhow::Result<Board> {
    session.begin(CHECK.name, 3);
    let mut board = session.board_without_control();
    let random = &mut Rng::with_seed(7);

    let any: Vec<bf16> = painted(random, PERIOD, SCALE, 1000);
    let x = repeated(&any, BYTES, bf16::NAN);
    board.abs_max(&x, reference::abs_max(&any));
    for params in both_ranges(SCALE) {
        let expected = expected::quantize_with(&any, params);
        board.quantize_with(&x, params, &repeated(&expected, BYTES, 0));
    }
    drop(x);
    session.step();

    let finite: Vec<bf16> = within(random, PERIOD, bf16::from_f32(12.7), Scheme::int8());
    let expected = expected::quantize(&finite).map(|mut quantized| {
        quantized.q = repeated(&quantized.q, BYTES, 0).to_vec();
        quantized
    });
    board.quantize_into(&repeated(&finite, BYTES, bf16::NAN), &expected);
    drop(expected);
    session.step();

    let q: Vec<i8> = (0..PERIOD).map(|_| random.i8(..)).collect();
    for params in both_ranges(SCALE).filter(|params| params.qmin() == -128) {
        let expected = expected::dequantize(&q, params);
        board.dequantize_into(&repeated(&q, WORDS, 1), params, &repeated(&expected, WORDS, 0.0));
    }
    session.step();
    Ok(board)
}

fn repeated<T: Copy>(values: &[T], len: usize, guard: T) -> Placed<T> {
    let mut placed = Placed::filled(len, 5, guard);
    for piece in placed.chunks_mut(values.len()) {
        piece.copy_from_slice(&values[..piece.len()]);
    }
    placed
}
