//! Runs every task in thread pools of several sizes.

use half::{bf16, f16};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::packed::Packed;
use super::task::Task;
use super::values::Values;
use crate::checks::check::Check;
use crate::compare::Board;
use crate::effort::Effort;
use crate::error::Result;
use crate::session::Session;

/// Numbers of threads: tensors that are shared out, in pools of several sizes.
pub const CHECK: Check = Check {
    name: "threads",
    about: "tensors large enough to be shared out, misaligned, in pools of 1, 2, 3 and 7 threads \
            and on as many threads of a larger pool",
    run,
};

/// Numbers of threads, and numbers of elements by which the input is off a cache line. How many
/// threads there are does not depend on the type of the elements, so the first place is enough for
/// all types but one.
const PLACES: [(usize, usize); 4] = [(3, 5), (1, 3), (2, 0), (7, 31)];

fn run(session: &Session<'_>) -> Result<Board> {
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

/// Compares the task in pools of so many threads, and on so many threads of a larger pool.
fn in_places(
    session: &Session<'_>,
    board: &mut Board,
    places: &[(usize, usize)],
    task: &impl Task,
) -> Result<()> {
    for (i, &(threads, offset)) in places.iter().enumerate() {
        // The control has no threads, so it runs only once.
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

fn pool(threads: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}
