//! Checks all f16 and all bf16.

use absmax::reference;
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{Input, any_kind, any_scheme, hard_scales, random_scales};
use crate::session::Session;

/// All f16 and all bf16.
pub const CHECK: Check = Check {
    name: "all f16 and bf16",
    about: "all 65,536 patterns of either type by hard and random scales, each pattern's own \
            limits, and all that are within one magnitude by the scale of that",
    run,
};

/// The number of magnitudes whose scale is computed from the data: a binade of bf16.
const PEAKS: u16 = 128;

/// What is done with all patterns.
#[derive(Clone)]
enum Item {
    /// All patterns are quantized by this scale, and those in its range by their own scale.
    Scale(f32),
    /// The patterns up to this magnitude are quantized by the scale of this magnitude.
    Peak(f32),
    /// Each pattern is tried alone, for its limits.
    Each,
}

fn run(session: &Session<'_>) -> Result<Board> {
    // An odd stride visits every exponent and every low bit.
    let bits: &Vec<u32> = &(0..1 << 16).step_by(session.effort.pick(11, 1)).collect();
    let mut scales = hard_scales();
    scales.extend(random_scales(&mut Rng::with_seed(3), session.effort.pick(2, 16)));
    let mut items = vec![Item::Each];
    items.extend(scales.into_iter().map(Item::Scale));
    items.extend((0..PEAKS).map(|i| Item::Peak(1.0 + f32::from(i) / f32::from(PEAKS))));
    Ok(session.over(CHECK.name, &session.board(), items, |board, item| {
        of_type::<f16>(board, bits, &item);
        of_type::<bf16>(board, bits, &item);
    }))
}

fn of_type<T: Input>(board: &mut Board, bits: &[u32], item: &Item) {
    let all: Vec<T> = bits.iter().copied().map(T::from_bits).collect();
    match *item {
        Item::Scale(scale) => {
            let x = Placed::new(&all, 0, all[0]);
            board.with_both_ranges(&x, scale);
            let random = &mut Rng::with_seed(scale.to_bits().into());
            board.with_params::<T, i8>(&x, any_kind::<i8>(random, scale));
            board.with_params::<T, u8>(&x, any_kind::<u8>(random, scale));
            let x = up_to(board, all, scale * 127.0);
            board.tensor(&x, &[x.len()], any_scheme(random));
        }
        Item::Peak(peak) => {
            up_to(board, all, peak);
        }
        Item::Each => each(board, &all),
    }
}

/// Quantizes the patterns up to a magnitude by their own scale.
fn up_to<T: Input>(board: &mut Board, all: Vec<T>, peak: f32) -> Placed<T> {
    let within = all.into_iter().filter(|x| x.is_finite() && x.wide().abs() <= peak);
    let x = Placed::new(&within.collect::<Vec<T>>(), 0, T::from_bits(0));
    board.limits(&x);
    board.quantize_into(&x, &expected::quantize(&x));
    x
}

/// Compares the limits of each pattern, alone and among zeros in some place of a block.
fn each<T: Input>(board: &mut Board, all: &[T]) {
    let zero = T::from_bits(0);
    let mut among = Placed::filled(128, 0, zero);
    for (i, &x) in all.iter().enumerate() {
        board.limits(&Placed::new(&[x], i % 64, T::from_bits(T::WILD[6])));
        let place = i % among.len();
        among[place] = x;
        board.abs_max(&among, reference::abs_max(&[x]));
        board.min_max(&among, reference::min_max(&[zero, x]));
        among[place] = zero;
    }
}
