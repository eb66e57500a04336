//! Every scheme at every granularity: each set of values that share a scale is the definition
//! applied to its values. Prints the combinations that it covers.

mod common;

use std::collections::BTreeMap;

use absmax::{
    Backend, Error, Granularity, Mapping, QuantizedMut, Rows, RowsMut, ScaleType, Scheme,
    TensorView,
};
use absmax_proof::checks;
use absmax_proof::compare::Placed;
use absmax_proof::inputs::{BITS, Input, MAPPINGS, at_every_granularity, in_groups, scheme};
use common::{Random, agree, holds, in_strides};
use half::{bf16, f16};
use proptest::prelude::*;

/// Rows, columns, planes of slices and of columns; ragged and whole groups; and sixteen groups of
/// each size, with some more.
const SHAPES: [&[usize]; 14] = [
    &[1],
    &[300],
    &[3, 5],
    &[64, 64],
    &[5, 257],
    &[257, 5],
    &[2, 3, 4],
    &[4, 3, 65],
    &[3, 66, 2],
    &[2, 2, 3, 17],
    &[130, 1],
    &[33, 128],
    &[2, 1000],
    &[17, 32],
];

/// The naive answer on every backend, there and back.
#[track_caller]
fn check<T: Input>(x: &[T], shape: &[usize], scheme: Scheme) {
    agree(|board| board.tensor(&Placed::new(x, 0, T::UNTOUCHED), shape, scheme));
}

/// At every granularity, and with axes counted from either end.
fn granularities(scheme: Scheme, rank: usize) -> Vec<Scheme> {
    let rank = rank as isize;
    let mut all = at_every_granularity(scheme, rank.unsigned_abs());
    all.retain(|scheme| !matches!(scheme.granularity(), Granularity::PerChannel { .. }));
    all.extend((-rank..rank).map(|axis| scheme.per_channel(axis)));
    all
}

/// Values of both signs, or of one, of magnitudes that differ from place to place.
fn tensor<T: Input>(random: &mut Random, len: usize) -> Vec<T> {
    let (lowest, spread) = ([0.0, -1.0, -0.25][random.below(3)], random.below(30) as f32 / 3.0);
    (0..len)
        .map(|_| {
            let value = (random.unit().abs() * (1.0 - lowest) + lowest) * random.unit().abs();
            T::of(value * 2f32.powf(random.unit() * spread))
        })
        .collect()
}

#[test]
fn every_combination() {
    let mut covered: BTreeMap<String, u32> = BTreeMap::new();
    let mut of_element = |name: &str, granularity: Granularity, mapping: Mapping, bits: u8| {
        let granularity = match granularity {
            Granularity::PerTensor => "per tensor",
            Granularity::PerChannel { .. } => "per channel",
            _ => "per group",
        };
        let mapping = format!("{mapping:?}");
        *covered.entry(format!("{name:4}  {granularity:11}  {mapping:23}  {bits}")).or_default() +=
            1;
    };
    let mut random = Random(4);
    for bits in BITS {
        for mapping in MAPPINGS {
            for (i, shape) in SHAPES.into_iter().enumerate() {
                // Widths that nobody packs differ in nothing but the numbers.
                let others = if matches!(bits, 2 | 4 | 8) { 1 } else { 4 };
                if i % (others * if in_strides() { 7 } else { 1 }) != 0 {
                    continue;
                }
                let len = shape.iter().product();
                let (x, y) = (tensor::<f32>(&mut random, len), tensor::<f16>(&mut random, len));
                let z = tensor::<bf16>(&mut random, len);
                for scheme in granularities(scheme(bits, mapping), shape.len()) {
                    check(&x, shape, scheme);
                    check(&y, shape, scheme.with_scale_type(ScaleType::F16));
                    check(&z, shape, scheme.with_scale_type(ScaleType::Bf16));
                    for name in ["f32", "f16", "bf16"] {
                        of_element(name, scheme.granularity(), mapping, bits);
                    }
                }
            }
        }
    }
    println!("on {}: element, granularity, mapping, bits, tensors", common::names().join(", "));
    for (combination, tensors) in &covered {
        println!("{combination}  {tensors}");
    }
    assert_eq!(covered.len(), 3 * 3 * MAPPINGS.len() * 7);
}

#[test]
fn large_tensors_in_pieces() {
    const PIECE: usize = 1 << 17;
    // Rows and groups on either side of the largest piece; several pieces.
    let mut random = Random(5);
    let mut cases = Vec::new();
    let shapes: [&'static [usize]; 5] =
        [&[2, PIECE], &[2, PIECE + 1], &[600, 401], &[3, 2, PIECE / 3], &[70, 3000, 2]];
    for shape in shapes {
        for scheme in [Scheme::int8(), Scheme::int4(), Scheme::int8().affine(), Scheme::uint8()] {
            let groups = [32, 48, PIECE, PIECE + 1].map(|size| in_groups(scheme, size));
            let axes = [0, 1, -1].map(|axis| scheme.per_channel(axis));
            let schemes = groups.into_iter().chain(axes).chain([scheme]);
            cases.extend(schemes.map(|scheme| (shape, scheme)));
        }
    }
    // Some of every shape, mapping and granularity.
    for (shape, scheme) in cases.into_iter().step_by(if in_strides() { 37 } else { 1 }) {
        let x = tensor::<f32>(&mut random, shape.iter().product());
        check(&x, shape, scheme);
    }
}

#[test]
fn scales_that_are_divided_by() {
    // Columns, groups and rows whose scales lie outside the proven range of the product, next to
    // some within.
    let x: Vec<f32> =
        (0..4096).map(|i| [1e-40, 1.0, 3e38, -2e37][i / 32 % 4] / (1 + i % 32) as f32).collect();
    for shape in [[128, 32], [32, 128]] {
        for scheme in [Scheme::int8(), Scheme::int4(), Scheme::uint8()] {
            check(&x, &shape, scheme.per_channel(1));
            check(&x, &shape, scheme.per_channel(0));
            check(&x, &shape, scheme.per_group(32).unwrap());
        }
    }
}

#[test]
fn groups_among_others() {
    // Groups of which a few are zero, have scales outside the proven range or values of one sign
    // only: whatever is done together, each is quantized by itself.
    let mut random = Random(6);
    for size in [16, 32, 64, 128] {
        for odd in [[0, 0], [20, 69], [15, 16], [31, 79], [80, 84]] {
            let factors = [0.0, 1e-38, 1e-44, 1e38, -1.0];
            for factor in factors {
                let x: Vec<f32> = (0..85 * size)
                    .map(|i| match i / size {
                        group if odd.contains(&group) => random.unit().abs() * factor,
                        group => random.unit() * (1.0 + group as f32),
                    })
                    .collect();
                for scheme in [Scheme::int8(), Scheme::int4(), Scheme::int8().affine()] {
                    check(&x, &[85, size], scheme.per_group(size).unwrap());
                }
                check(&x, &[x.len()], Scheme::uint4().per_group(size).unwrap());
            }
        }
    }
}

#[test]
fn a_value_that_is_not_finite_is_named() {
    holds(checks::NOT_FINITE);
    let step = if in_strides() { 3 } else { 1 };
    for shape in [&[40, 100][..], &[4, 10, 100], &[125, 32]] {
        for scheme in [Scheme::int8(), Scheme::int4(), Scheme::uint8(), Scheme::int8().affine()] {
            for scheme in granularities(scheme, shape.len()) {
                for wild in [f32::NAN, f32::NEG_INFINITY] {
                    for at in [0, 17, 1234, 3999].into_iter().step_by(step) {
                        let mut x = vec![-1.0; 4000];
                        (x[at], x[3999]) = (wild, wild);
                        check(&x, shape, scheme);
                    }
                }
            }
        }
    }
}

#[test]
fn tensors_of_many_shapes() {
    holds(checks::TENSORS);
}

#[test]
fn rows_that_stand_apart() {
    holds(checks::ROWS);
}

#[test]
fn tensors_without_values() {
    for (shape, axis, scales) in
        [(&[0][..], 0, 0), (&[0, 3], 0, 0), (&[0, 3], 1, 3), (&[3, 0], 0, 3), (&[2, 0, 5], 2, 5)]
    {
        let view = TensorView::<f32>::new(&[], shape).unwrap();
        let found =
            Backend::best().quantize_tensor(Scheme::int8().per_channel(axis), view).unwrap();
        assert!(found.data.is_empty());
        assert_eq!(found.scales, vec![1.0; scales], "{shape:?} {axis}");
        let found =
            Backend::best().quantize_tensor(Scheme::uint8().per_channel(axis), view).unwrap();
        assert_eq!(found.zero_points, vec![0; scales], "{shape:?} {axis}");
        let found =
            Backend::best().quantize_tensor(Scheme::int4().per_group(32).unwrap(), view).unwrap();
        assert!(found.scales.is_empty());
    }
    // Rows that there are none of may be longer, too.
    let (mut scale, x) = ([0.0], Rows::<f32>::new(&[], 0, 3).unwrap());
    let out = QuantizedMut::<i8>::new(RowsMut::new(&mut [], 0, 8).unwrap()).with_padding();
    Backend::best().quantize_rows(Scheme::int8(), x, out.with_scales(&mut scale)).unwrap();
    assert_eq!(scale, [1.0]);
    let scalar = TensorView::new(&[2.0], &[]).unwrap();
    for scheme in [Scheme::int8(), Scheme::int8().per_group(9).unwrap()] {
        let found = Backend::best().quantize_tensor(scheme, scalar).unwrap();
        assert_eq!(found.data.as_i8(), Some(&[127][..]));
    }
    assert_eq!(
        Backend::best().quantize_tensor(Scheme::int8().per_channel(0), scalar),
        Err(Error::AxisOutOfRange { axis: 0, rank: 0 })
    );
}

proptest! {
    #[test]
    fn any_finite_values(
        bits in BITS,
        mapping in 0usize..4,
        values in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..700),
        rows in 1usize..5,
    ) {
        let row_len = values.len() / rows;
        prop_assume!(row_len > 0);
        let (x, shape) = (&values[..rows * row_len], [rows, row_len]);
        for scheme in granularities(scheme(bits, MAPPINGS[mapping]), 2) {
            check(x, &shape, scheme);
        }
    }
}
