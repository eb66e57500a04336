//! Checks tensors by every scheme: mappings, bits, granularities and types of scales.

use absmax::{Mapping, Scheme};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{
    BITS, Input, MAPPINGS, SCALE_TYPES, at_every_granularity, between, in_groups, mapped, scheme,
};
use crate::session::Session;

/// Tensors, by every scheme: mappings, bits, granularities, types of scales.
pub const CHECK: Check = Check {
    name: "tensors",
    about: "tensors of one to four dimensions, per tensor, along each axis and \
            in groups, symmetric in both ranges and affine, of 2 to 8 bits, scales of every type; and \
            back",
    run,
};

/// Shapes whose channels are rows, columns and slices, shorter than a vector and longer than a
/// block. Some have planes narrower than a block. Some have sixteen groups of each size and some
/// more, with and without a shorter group at the end of each row. Some have no values, in every
/// way.
const SHAPES: &[&[usize]] = &[
    &[],
    &[0],
    &[1],
    &[300],
    &[0, 4],
    &[4, 0],
    &[2, 0, 3],
    &[1, 1],
    &[7, 1],
    &[700, 3],
    &[17, 130],
    &[65, 64],
    &[5, 679],
    &[2, 2309],
    &[33, 128],
    &[50, 7, 3],
    &[9, 5, 64],
    &[3, 2, 300],
    &[2, 70, 65],
    &[4, 3, 5, 7],
    &[3, 2, 9, 31],
];

/// Shapes of several pieces each, with rows and groups on either side of the largest piece.
const LARGE: &[&[usize]] =
    &[&[2, PIECE - 1], &[2, PIECE], &[2, PIECE + 1], &[400, 343], &[2, 140_000, 1], &[300, 3, 150]];

const PIECE: usize = 1 << 17;

/// The sizes of groups in [`LARGE`], where rows are not much shorter.
const LARGE_GROUPS: [usize; 4] = [32, 48, PIECE, PIECE + 1];

/// What a check of one tensor is about.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// A tensor at every granularity.
    Tensor(&'static [usize], u8, Mapping),
    Large(&'static [usize], Scheme),
}

fn run(session: &Session<'_>) -> Result<Board> {
    let mut items = Vec::new();
    for shape in SHAPES {
        let kinds = BITS.flat_map(|bits| MAPPINGS.map(|mapping| (bits, mapping)));
        let kinds = kinds.step_by(session.effort.pick(17, 1));
        items.extend(kinds.map(|(bits, mapping)| Item::Tensor(shape, bits, mapping)));
    }
    items.extend(large().into_iter().step_by(session.effort.pick(37, 1)));
    let items = items.into_iter().enumerate().collect::<Vec<(usize, Item)>>();
    Ok(session.over(CHECK.name, &session.board(), items, |board, (seed, item)| {
        let random = &mut Rng::with_seed(seed as u64);
        // With every shape, another element comes with each mapping and number of bits.
        match seed % 3 {
            0 => of_type::<f32>(board, random, item),
            1 => of_type::<f16>(board, random, item),
            _ => of_type::<bf16>(board, random, item),
        }
    }))
}

/// The large shapes along each axis and in groups, by one mapping after another.
fn large() -> Vec<Item> {
    let mut items = Vec::new();
    for shape in LARGE {
        let axes = (0..shape.len().cast_signed()).map(|axis| Scheme::int8().per_channel(axis));
        let longest = shape.last().map_or(0, |row_len| row_len + 1);
        let sizes = LARGE_GROUPS.into_iter().filter(|&size| size <= longest);
        let groups = sizes.map(|size| in_groups(Scheme::int8(), size));
        for scheme in axes.chain(groups) {
            let mapping = MAPPINGS[items.len() % MAPPINGS.len()];
            items.push(Item::Large(shape, mapped(scheme, mapping)));
        }
    }
    items
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng, item: Item) {
    match item {
        Item::Tensor(shape, bits, mapping) => {
            for scheme in at_every_granularity(scheme(bits, mapping), shape.len()) {
                let scheme = scheme.with_scale_type(SCALE_TYPES[random.usize(..SCALE_TYPES.len())]);
                let spread = [0, 12, 250][random.usize(..3)];
                board.tensor(&tensor::<T>(random, shape, scheme, spread), shape, scheme);
            }
        }
        Item::Large(shape, scheme) => {
            board.tensor(&tensor::<T>(random, shape, scheme, 40), shape, scheme);
        }
    }
}

/// Sets of values whose largest magnitudes are at most `spread` binary orders apart. In some sets,
/// all values are zero.
pub(super) fn tensor<T: Input>(
    random: &mut Rng,
    shape: &[usize],
    scheme: Scheme,
    spread: i32,
) -> Placed<T> {
    let sets = expected::sets(shape, scheme);
    let mut sizes = vec![0; expected::set_count(shape, scheme)];
    sets.iter().for_each(|&set| sizes[set] += 1);
    let set = |size| {
        let ends = ends(random, spread);
        between(random, size, ends, scheme).into_iter()
    };
    let mut values: Vec<std::vec::IntoIter<T>> = sizes.into_iter().map(set).collect();
    let mut x = Placed::filled(sets.len(), random.usize(..64), T::from_bits(T::WILD[2]));
    for (x, set) in x.iter_mut().zip(sets) {
        *x = values[set].next().expect("as many values as the set has");
    }
    x
}

/// The least and the largest value of a set. They have one sign or both, or are zeros.
fn ends<T: Input>(random: &mut Rng, spread: i32) -> [T; 2] {
    let magnitude = f32::powi(2.0, random.i32(-spread / 2..=spread / 2)) * (1.0 + random.f32());
    let (least, most) = match random.u32(..10) {
        0 => (0.0, 0.0),
        1 => (-1.0, -random.f32()),
        2 => (random.f32(), 1.0),
        3..6 => (-1.0, random.f32()),
        _ => (-random.f32(), 1.0),
    };
    let end = |x: f32| T::of(x * magnitude);
    // The end may be beyond the range of f16.
    let end = |x| if end(x).is_finite() { end(x) } else { T::of(x * 60000.0) };
    [least, most].map(end)
}
