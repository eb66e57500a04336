//! Rows and tensors, with scales along every axis, of every type and in both ranges.

use absmax::{Range, ScaleType, Scheme};
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed};
use crate::selftest::expected;
use crate::selftest::inputs::{Input, within};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "rows and tensors",
    about: "rows of many lengths; tensors of one to four dimensions, per tensor and along each \
            axis, both ranges, scales of every type",
    run,
};

/// Channels that are rows, columns and slices, shorter than a vector and longer than a block; planes
/// narrower than a block; and nothing at all, in every way.
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
    &[1000, 3],
    &[17, 130],
    &[65, 64],
    &[5, 1027],
    &[50, 7, 3],
    &[9, 5, 64],
    &[3, 2, 300],
    &[2, 70, 65],
    &[4, 3, 5, 7],
    &[3, 2, 9, 31],
];

/// Of several pieces each, and rows on either side of the largest piece.
const LARGE: &[&[usize]] = &[
    &[3, (1 << 17) - 1],
    &[2, 1 << 17],
    &[2, (1 << 17) + 1],
    &[400, 343],
    &[3, 140_000, 1],
    &[300, 3, 150],
];

/// Rows of each length.
const ROW_LENGTHS: [usize; 16] =
    [1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 127, 100, 257, 1000, 4096];

/// What a check of one tensor is about.
#[derive(Clone, Copy, Debug)]
enum Item {
    Rows([usize; 2]),
    Tensor(&'static [usize], Scheme),
}

fn run(session: &Session) -> anyhow::Result<Board> {
    let mut items = Vec::new();
    for row_len in ROW_LENGTHS {
        items.extend([0, 1, 2, 7].map(|rows| Item::Rows([rows, row_len])));
    }
    items.extend([1 << 17, (1 << 17) + 1].map(|row_len| Item::Rows([2, row_len])));
    items.push(Item::Rows([3, 0]));
    for shape in SHAPES {
        items.extend(schemes(shape.len()).map(|scheme| Item::Tensor(shape, scheme)));
    }
    for shape in LARGE {
        let schemes = (0..shape.len().cast_signed()).map(|axis| Scheme::int8().per_channel(axis));
        items.extend(schemes.map(|scheme| Item::Tensor(shape, scheme.range(Range::Full))));
    }
    Ok(session.over(CHECK.name, &session.board(), items, |board, item| {
        of_type::<f32>(board, item);
        of_type::<f16>(board, item);
        of_type::<bf16>(board, item);
    }))
}

/// Per tensor and along each axis, counted from either end.
fn schemes(rank: usize) -> impl Iterator<Item = Scheme> {
    let rank = rank.cast_signed();
    let per_channel = (-rank..rank).map(|axis| Scheme::int8().per_channel(axis));
    [Scheme::int8()].into_iter().chain(per_channel).flat_map(|scheme| {
        [Range::Narrow, Range::Full].into_iter().flat_map(move |range| {
            let types = [ScaleType::F32, ScaleType::F16, ScaleType::Bf16];
            types.map(|scale_type| scheme.range(range).scale_type(scale_type))
        })
    })
}

fn of_type<T: Input>(board: &mut Board, item: Item) {
    let random = &mut Rng::with_seed(5);
    let (shape, scheme): (&[usize], Scheme) = match &item {
        Item::Rows(shape) => (shape, Scheme::int8().per_channel(0)),
        Item::Tensor(shape, scheme) => (shape, *scheme),
    };
    let spreads: &[i32] =
        if shape.iter().product::<usize>() < 1 << 16 { &[0, 12, 250] } else { &[40] };
    for &spread in spreads {
        let values = tensor::<T>(random, shape, scheme, spread);
        let x = Placed::new(&values, random.usize(..64), T::from_bits(T::WILD[2]));
        let expected = expected::quantize_tensor(&x, shape, scheme);
        match item {
            Item::Rows(shape) => board.quantize_rows_into(&x, shape, &expected),
            Item::Tensor(shape, scheme) => board.quantizer(&x, shape, scheme, &expected),
        }
    }
}

/// Channels whose largest magnitudes are `spread` binary orders apart, at most, and some zero.
fn tensor<T: Input>(random: &mut Rng, shape: &[usize], scheme: Scheme, spread: i32) -> Vec<T> {
    let (count, inner) = expected::channels(shape, scheme);
    let mut values = vec![T::from_f32(0.0); shape.iter().product()];
    for channel in 0..count {
        if random.u32(..10) == 0 {
            continue;
        }
        let magnitude = f32::powi(2.0, random.i32(-spread / 2..=spread / 2));
        let peak = T::from_f32(magnitude * (1.0 + random.f32()));
        let peak = if peak.is_finite() { peak } else { T::from_f32(60000.0) };
        let slices = values.chunks_exact_mut(inner.max(1)).skip(channel).step_by(count);
        let len = shape.iter().product::<usize>() / count;
        let channel = within(random, len, peak, scheme);
        for (slice, channel) in slices.zip(channel.chunks_exact(inner.max(1))) {
            slice.copy_from_slice(channel);
        }
    }
    values
}
