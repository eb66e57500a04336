//! All f16 and all bf16.

use absmax::reference;
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed};
use crate::selftest::expected;
use crate::selftest::inputs::{Input, hard_scales, random_scales};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "all f16 and bf16",
    about: "all 65,536 patterns of either type by hard and random scales, each pattern's own \
            magnitude, and all that are within one magnitude by the scale of that",
    run,
};

/// Magnitudes whose scale the data take: a binade of bf16.
const PEAKS: u16 = 128;

/// What is done with all patterns.
enum Item {
    /// Quantized by this scale, and those in its range by their own.
    Scale(f32),
    /// Those up to this magnitude quantized by the scale of that.
    Peak(f32),
    /// One at a time, for its magnitude.
    Each,
}

fn run(session: &Session) -> anyhow::Result<Board> {
    // An odd stride visits every exponent and every low bit.
    let bits: &Vec<u32> = &(0..1 << 16).step_by(session.effort.pick(5, 1)).collect();
    let mut scales = hard_scales();
    scales.extend(random_scales(&mut Rng::with_seed(3), session.effort.pick(2, 16)));
    let mut items: Vec<Item> = scales.into_iter().map(Item::Scale).collect();
    items.extend((0..PEAKS).map(|i| Item::Peak(1.0 + f32::from(i) / f32::from(PEAKS))));
    items.push(Item::Each);
    Ok(session.over(CHECK.name, &session.board(), items, |board, item| {
        of_type::<f16>(board, bits, &item);
        of_type::<bf16>(board, bits, &item);
    }))
}

fn of_type<T: Input>(board: &mut Board, bits: &[u32], item: &Item) {
    let all: Vec<T> = bits.iter().copied().map(T::from_bits).collect();
    match *item {
        Item::Scale(scale) => {
            board.quantize_with_scale(&Placed::new(&all, 0, all[0]), scale);
            up_to(board, all, scale * 127.0);
        }
        Item::Peak(peak) => up_to(board, all, peak),
        Item::Each => each(board, &all),
    }
}

fn up_to<T: Input>(board: &mut Board, all: Vec<T>, peak: f32) {
    let within = all.into_iter().filter(|x| x.is_finite() && x.to_f32().abs() <= peak);
    let x = Placed::new(&within.collect::<Vec<T>>(), 0, T::from_bits(0));
    board.abs_max(&x, reference::abs_max(&x));
    board.quantize_into(&x, &expected::quantize(&x));
}

/// Each pattern's magnitude, alone and among zeros in some place of a block.
fn each<T: Input>(board: &mut Board, all: &[T]) {
    let zero = T::from_bits(0);
    let mut among = Placed::filled(128, 0, zero);
    for (i, &x) in all.iter().enumerate() {
        let expected = reference::abs_max(&[x]);
        board.abs_max(&Placed::new(&[x], i % 64, T::from_bits(T::WILD[6])), expected);
        let place = i % among.len();
        among[place] = x;
        board.abs_max(&among, expected);
        among[place] = zero;
    }
}
