//! Checks tensors that no cache holds, for which kernels prefetch and bypass the caches when they
//! store.

use absmax::{QuantParams, Scheme, reference};
use fastrand::Rng;
use half::bf16;

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input, both_ranges, painted, params, within};
use crate::session::Session;

/// Tensors that no cache holds: kernels prefetch, and store past the caches.
pub const CHECK: Check = Check {
    name: "huge tensors",
    about: "values and results of more than 64 MiB, which are stored past the caches",
    run,
};

/// A number of elements for which an input and an output of `bytes` an element together have more
/// than 64 MiB, and for which the last chunk is ragged.
const fn len(bytes: usize) -> usize {
    (64 << 20) / bytes + 12_345
}

/// The number of values that are repeated. It is a prime number, so that no two chunks or blocks
/// are alike.
const PERIOD: usize = 65_521;

const SCALE: f32 = 0.1;

fn run(session: &Session<'_>) -> Result<Board> {
    session.begin(CHECK.name, 4);
    let mut board = session.board_without_control();
    let random = &mut Rng::with_seed(7);
    let [narrow, full] = both_ranges(SCALE);
    let affine = params(SCALE, (131, 0, 255));

    let any: Vec<bf16> = painted(random, PERIOD, narrow, 1000);
    let x = repeated(&any, len(3), bf16::NAN);
    board.abs_max(&x, reference::abs_max(&any));
    board.min_max(&x, reference::min_max(&any));
    quantize_with::<_, i8>(&mut board, &x, &any, narrow);
    quantize_with::<_, i8>(&mut board, &x, &any, full);
    quantize_with::<_, u8>(&mut board, &x, &any, affine);
    drop(x);
    session.step();

    let finite: Vec<bf16> = within(random, PERIOD, bf16::of(12.7), Scheme::int8());
    let x = repeated(&finite, len(3), bf16::NAN);
    board.min_max(&x, reference::min_max(&finite));
    board.quantize_into(&x, &expected::quantize(&finite).map(all));
    let expected = expected::quantize_tensor::<_, u8>(&finite, &[PERIOD], Scheme::uint8());
    board.quantize_tensor(&x, &[x.len()], Scheme::uint8(), &expected.map(all));
    drop(x);
    session.step();

    fake_quantize::<f32>(&mut board, random, len(8), narrow);
    fake_quantize::<bf16>(&mut board, random, len(4), affine);
    session.step();

    dequantize::<i8, f32>(&mut board, random, len(5), full);
    dequantize::<u8, f32>(&mut board, random, len(5), affine);
    dequantize::<u8, bf16>(&mut board, random, len(3), affine);
    session.step();
    Ok(board)
}

/// `x` are `values`, repeated.
fn quantize_with<T: Input, Q: Byte>(
    board: &mut Board,
    x: &Placed<T>,
    values: &[T],
    params: QuantParams,
) {
    let expected: Vec<Q> = expected::quantize_with(values, params);
    board.quantize_with(x, params, &repeated(&expected, x.len(), Q::UNTOUCHED));
}

fn fake_quantize<T: Input>(board: &mut Board, random: &mut Rng, len: usize, params: QuantParams) {
    let values: Vec<T> = painted(random, PERIOD, params, 1000);
    let expected: Vec<T> = expected::fake_quantize(&values, params);
    let guard = T::from_bits(T::WILD[2]);
    let x = repeated(&values, len, guard);
    board.fake_quantize_into(&x, params, &repeated(&expected, len, guard));
}

fn dequantize<Q: Byte, T: Input>(
    board: &mut Board,
    random: &mut Rng,
    len: usize,
    params: QuantParams,
) {
    let q: Vec<Q> = (0..PERIOD).map(|_| Q::from_i32(random.i32(..))).collect();
    let expected: Vec<T> = expected::dequantize(&q, params);
    let q = repeated(&q, len, Q::UNTOUCHED);
    board.dequantize_into(&q, params, &repeated(&expected, len, T::UNTOUCHED));
}

/// The integers repeated for the longest input.
fn all<Q: Byte>(mut quantized: Quantized<Q>) -> Quantized<Q> {
    quantized.q = repeated(&quantized.q, len(3), Q::UNTOUCHED).to_vec();
    quantized
}

fn repeated<T: Copy>(values: &[T], len: usize, guard: T) -> Placed<T> {
    let mut placed = Placed::filled(len, 5, guard);
    for piece in placed.chunks_mut(values.len()) {
        piece.copy_from_slice(&values[..piece.len()]);
    }
    placed
}
