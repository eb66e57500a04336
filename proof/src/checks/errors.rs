//! Checks the statistics of errors. They are sums of binary64 numbers, whose order shows in the
//! last bits.

use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::inputs::Input;
use crate::session::Session;

/// Statistics of errors: sums of binary64 numbers, whose order shows in the last bits.
pub const CHECK: Check = Check {
    name: "errors",
    about: "mean square, largest, signal to noise and cosine of tensors of every length up to 100 \
            and around several blocks: numbers of many magnitudes, any bits, infinities, NaN",
    run,
};

/// Every length up to this one is tried, which is a few vectors.
const EVERY: usize = 100;

/// Lengths around one block of sums, around several, and of several pieces.
const LONGER: [usize; 9] =
    [319, 1000, 16_383, 16_384, 16_385, 32_768, 50_001, 5 << 14, (1 << 17) + 77];

/// What the values are like.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The values are within one binary order, and approximated closely.
    Close,
    /// The values have many binary orders, and are approximated by anything.
    Far,
    /// The values are approximated perfectly, except for one in a hundred that is NaN or infinite.
    Wild,
}

fn run(session: &Session<'_>) -> Result<Board> {
    let lengths = (0..=EVERY).chain(LONGER).step_by(session.effort.pick(5, 1));
    let lengths: Vec<usize> = lengths.collect();
    Ok(session.over(CHECK.name, &session.board(), lengths, |board, len| {
        let random = &mut Rng::with_seed(len as u64);
        for kind in [Kind::Close, Kind::Far, Kind::Wild] {
            of_type::<f32>(board, random, len, kind);
            of_type::<f16>(board, random, len, kind);
            of_type::<bf16>(board, random, len, kind);
        }
    }))
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng, len: usize, kind: Kind) {
    let pairs = (0..len).map(|_| pair::<T>(random, kind));
    let (x, y): (Vec<T>, Vec<f32>) = pairs.unzip();
    let x = Placed::new(&x, random.usize(..64), T::from_bits(T::WILD[2]));
    board.errors(&x, &Placed::new(&y, random.usize(..64), f32::NAN));
}

/// A value and its approximation.
fn pair<T: Input>(random: &mut Rng, kind: Kind) -> (T, f32) {
    let number = random.f32() - 0.5;
    match kind {
        Kind::Close => {
            let x = T::of(number);
            (x, x.wide() + (random.f32() - 0.5) / 100.0)
        }
        Kind::Far => {
            let x = T::of(number * f32::powi(2.0, random.i32(-60..60)));
            let x = if x.is_finite() { x } else { T::of(number) };
            (x, (random.f32() - 0.5) * f32::powi(2.0, random.i32(-60..60)))
        }
        Kind::Wild if random.u32(..100) == 0 => {
            (T::from_bits(T::WILD[random.usize(..T::WILD.len())]), number)
        }
        Kind::Wild => {
            let x = T::of(number);
            (x, x.wide())
        }
    }
}
