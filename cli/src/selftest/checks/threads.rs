//! Numbers of threads: tensors that are shared out, in pools of several sizes.

use absmax::{QuantParams, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Check;
use crate::selftest::compare::{Board, Placed, both_ranges};
use crate::selftest::expected::{self, Quantized};
use crate::selftest::inputs::{Input, painted, within};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "threads",
    about: "tensors large enough to be shared out, misaligned, in pools of 1, 2, 3 and 7 threads \
            and on as many threads of a larger pool",
    run,
};

/// Shapes of tensors that are shared out: more than 2^19 elements, a whole number of no chunk.
const ROWS: [usize; 2] = [1111, 577];
const PLANES: [usize; 3] = [11, 101, 577];

const LEN: usize = ROWS[0] * ROWS[1];
const _: () = assert!(LEN == PLANES[0] * PLANES[1] * PLANES[2]);

/// Threads, and elements by which the input is off a cache line. How many there are is independent of
/// what an element is, so the first place does for all types but one.
const PLACES: [(usize, usize); 4] = [(3, 5), (1, 3), (2, 0), (7, 31)];

fn run(session: &Session) -> anyhow::Result<Board> {
    let places = session.effort.pick(&PLACES[..1], &PLACES);
    session.begin(CHECK.name, places.len() + 2);
    let mut board = session.board();
    of_type::<f32>(session, &mut board, places)?;
    of_type::<f16>(session, &mut board, &PLACES[..1])?;
    of_type::<bf16>(session, &mut board, &PLACES[..1])?;
    Ok(board)
}

/// Inputs and what the reference makes of them.
struct Task<T> {
    any: Vec<T>,
    abs_max: f32,
    quantized: Vec<(QuantParams, Vec<i8>)>,
    dequantized: Vec<f32>,
    finite: Vec<T>,
    own: absmax::Result<Quantized>,
    rows: absmax::Result<Quantized>,
    columns: absmax::Result<Quantized>,
    slices: absmax::Result<Quantized>,
    bad: Vec<T>,
    error: absmax::Result<Quantized>,
}

const SCALE: f32 = 0.1;

impl<T: Input> Task<T> {
    fn new() -> Self {
        let random = &mut Rng::with_seed(6);
        let any: Vec<T> = painted(random, LEN, SCALE, 1000);
        let quantized: Vec<(QuantParams, Vec<i8>)> = both_ranges(SCALE)
            .map(|params| (params, expected::quantize_with(&any, params)))
            .collect();
        let (params, q) = &quantized[1];
        let finite: Vec<T> = within(random, LEN, T::from_f32(12.7), Scheme::int8());
        // In different chunks: whichever thread is first, the first value is named.
        let mut bad = finite.clone();
        for (i, place) in [LEN / 3, LEN / 2, LEN - 1].into_iter().enumerate() {
            bad[place] = T::from_bits(T::WILD[i]);
        }
        Self {
            abs_max: reference::abs_max(&any),
            dequantized: expected::dequantize(q, *params),
            own: expected::quantize(&finite),
            rows: expected::quantize_tensor(&finite, &ROWS, ROW),
            columns: expected::quantize_tensor(&finite, &ROWS, COLUMN),
            slices: expected::quantize_tensor(&finite, &PLANES, COLUMN),
            error: expected::quantize(&bad),
            any,
            quantized,
            finite,
            bad,
        }
    }

    fn compare(&self, board: &mut Board, offset: usize) {
        let guard = T::from_bits(T::WILD[6]);
        let x = Placed::new(&self.any, offset, guard);
        board.abs_max(&x, self.abs_max);
        for (params, expected) in &self.quantized {
            board.quantize_with(&x, *params, expected);
        }
        let (params, q) = &self.quantized[1];
        board.dequantize_into(&Placed::new(q, offset, 1), *params, &self.dequantized);

        let x = Placed::new(&self.finite, offset, guard);
        board.quantize_into(&x, &self.own);
        board.quantize_rows_into(&x, ROWS, &self.rows);
        board.quantizer(&x, &ROWS, COLUMN, &self.columns);
        board.quantizer(&x, &PLANES, COLUMN, &self.slices);

        let x = Placed::new(&self.bad, offset, guard);
        board.quantize_into(&x, &self.error);
        board.quantize_rows_into(&x, ROWS, &self.error);
        board.quantizer(&x, &ROWS, COLUMN, &self.error);
        board.quantizer(&x, &PLANES, COLUMN, &self.error);
    }
}

const ROW: Scheme = Scheme::int8().per_channel(0);
const COLUMN: Scheme = Scheme::int8().per_channel(1);

fn of_type<T: Input>(
    session: &Session,
    board: &mut Board,
    places: &[(usize, usize)],
) -> anyhow::Result<()> {
    let task = Task::<T>::new();
    for &(threads, offset) in places {
        board.set_threads(0);
        pool(threads)?.install(|| task.compare(board, offset));
        board.set_threads(threads);
        pool(8)?.install(|| task.compare(board, offset));
        session.step();
    }
    Ok(())
}

fn pool(threads: usize) -> anyhow::Result<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?)
}
