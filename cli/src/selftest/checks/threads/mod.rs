//! Numbers of threads: tensors that are shared out, in pools of several sizes.

mod packed;
mod values;

use half::{bf16, f16};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Check;
use crate::selftest::compare::Board;
use crate::selftest::effort::Effort;
use crate::selftest::session::Session;
use packed::Packed;
use values::Values;

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
    session.begin(CHECK.name, places.len() + session.effort.pick(1, 3));
    let mut board = session.board();
    in_places(session, &mut board, places, &Values::<f32>::new())?;
    in_places(session, &mut board, &PLACES[..1], &Packed::new())?;
    if session.effort != Effort::Quick {
        in_places(session, &mut board, &PLACES[..1], &Values::<f16>::new())?;
        in_places(session, &mut board, &PLACES[..1], &Values::<bf16>::new())?;
    }
    Ok(board)
}

/// Inputs and what the reference makes of them.
trait Task: Send + Sync {
    /// Compares what every subject makes of them.
    fn compare(&self, board: &mut Board, offset: usize);
}

/// Compares in pools of so many threads, and on so many threads of a larger pool.
fn in_places(
    session: &Session,
    board: &mut Board,
    places: &[(usize, usize)],
    task: &impl Task,
) -> anyhow::Result<()> {
    for (i, &(threads, offset)) in places.iter().enumerate() {
        // The control has no threads: once is enough.
        board.set_control(i == 0);
        board.set_threads(0);
        pool(threads)?.install(|| task.compare(board, offset));
        board.set_control(false);
        board.set_threads(threads);
        pool(8)?.install(|| task.compare(board, offset));
        session.step();
    }
    Ok(())
}

fn pool(threads: usize) -> anyhow::Result<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?)
}
