//! Checks the functions that take one number at a time: numbers are widened, narrowed and rounded
//! as scales, and limits are made into parameters.

use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::inputs::{
    BITS, Input, MAPPINGS, SCALE_TYPES, Value, halfway_scales, hard_scales, hard_values,
    powers_of_two, random_scales, scheme,
};
use crate::session::Session;

/// Numbers one at a time: widened, narrowed, rounded as scales; limits made into parameters.
pub const CHECK: Check = Check {
    name: "conversions",
    about: "all f16 and bf16 widened, their numbers and what lies halfway between narrowed, scales \
            rounded to each type; parameters of every scheme for limits of many magnitudes",
    run,
};

/// What is converted.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// All numbers of 16 bits, and what lies between them.
    Numbers,
    /// Scales, and limits that have these scales.
    Scales(u64),
}

fn run(session: &Session<'_>) -> Result<Board> {
    let seeds = 0..session.effort.pick(8, 100);
    let items: Vec<Item> = [Item::Numbers].into_iter().chain(seeds.map(Item::Scales)).collect();
    let stride = session.effort.pick(5, 1);
    Ok(session.over(CHECK.name, &session.board(), items, |board, item| match item {
        Item::Numbers => {
            numbers::<f16>(board, stride);
            numbers::<bf16>(board, stride);
            numbers::<f32>(board, stride);
        }
        Item::Scales(seed) => scales(board, &mut Rng::with_seed(seed)),
    }))
}

/// Every number of a type, or one of every `stride`, and its neighbours in binary32. Of f32, this
/// goes through the upper half of the bits.
fn numbers<T: Input>(board: &mut Board, stride: usize) {
    let patterns = (0..=u32::from(u16::MAX)).step_by(stride);
    let shift = 8 * size_of::<T>() - 16;
    let all: Vec<T> = patterns.map(|bits| T::from_bits(bits << shift)).collect();
    board.widened(&Placed::new(&all, 0, T::UNTOUCHED));
    let near = all.iter().flat_map(|x| {
        let bits = x.wide().to_bits();
        // These are 0, and half of the last digit of f16 and of bf16.
        [0, 0x1000, 0x8000].map(|half| bits.wrapping_add(half))
    });
    let near = near.flat_map(|bits| [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]);
    let near: Vec<f32> = near.map(f32::from_bits).collect();
    board.narrowed::<T>(&Placed::new(&near, 0, f32::UNTOUCHED));
}

fn scales(board: &mut Board, random: &mut Rng) {
    let mut all = hard_scales();
    all.extend(halfway_scales());
    all.extend(powers_of_two());
    all.extend(random_scales(random, 200));
    let placed = Placed::new(&all, 0, f32::UNTOUCHED);
    for scale_type in SCALE_TYPES {
        board.rounded(&placed, scale_type);
    }
    let values = hard_values(all[random.usize(..all.len())]);
    let limit = |random: &mut Rng| match random.u32(..4) {
        0 => f32::from_bits(random.u32(..)),
        1 => values[random.usize(..values.len())],
        _ => (random.f32() - 0.5) * 100.0,
    };
    for bits in BITS {
        for mapping in MAPPINGS {
            let scale_type = SCALE_TYPES[random.usize(..SCALE_TYPES.len())];
            let scheme = scheme(bits, mapping).with_scale_type(scale_type);
            for _ in 0..20 {
                let (a, b) = (limit(random), limit(random));
                // Now and then the limits are out of order, which is refused.
                let ordered = a <= b || random.u32(..10) == 0;
                let (min, max) = if ordered { (a, b) } else { (b, a) };
                board.params(scheme, min, max);
            }
        }
    }
}
