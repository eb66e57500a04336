//! Inputs that bite, shared by the tests.
#![allow(dead_code, reason = "every test uses its own part")]

use absmax::{Backend, Element, Granularity, Integer, Isa, QuantParams, Scheme, reference};

/// Lengths at which something changes: nothing, one value, the vector (16), the block (64), the
/// panel (256), each with its neighbours and with a ragged end behind it.
pub(crate) const LENGTHS: [usize; 30] = [
    0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 79, 127, 128, 129, 191, 193, 255, 256,
    257, 319, 511, 512, 513, 1023, 1300,
];

/// Scales at both ends of the proven range of the product and beyond, and some within.
pub(crate) const SCALES: [f32; 16] = [
    1.0,
    0.1,
    1.0 / 127.0,
    0.007_874_016,
    3.0,
    65504.0,
    1e-30,
    1e30,
    f32::MIN_POSITIVE,
    f32::from_bits(f32::MIN_POSITIVE.to_bits() + 1),
    f32::from_bits((127 + 79) << 23),
    f32::from_bits(((127 + 79) << 23) + 1),
    1.0e-40,
    f32::from_bits(1),
    f32::MAX,
    1e38,
];

/// A source of reproducible numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [-1, 1).
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

/// Values that have cost others a bug, for a given scale: both zeros, subnormals, both infinities,
/// quiet and signalling NaN, every (k + 1/2) scale and its neighbours, 2^31 and its neighbours.
pub(crate) fn hard_values(scale: f32) -> Vec<f32> {
    let two_31 = 2_147_483_648.0f32;
    let mut values = vec![
        0.0,
        f32::from_bits(1),
        f32::from_bits(0x007f_ffff),
        f32::MIN_POSITIVE,
        f32::MAX,
        f32::INFINITY,
        f32::NAN,
        f32::from_bits(0x7f80_0001),
        f32::from_bits(0x7fff_ffff),
        two_31,
        two_31.next_down(),
        two_31.next_up(),
        two_31 * scale,
        (two_31 * scale).next_down(),
        1e30,
        1e38,
        0.5f32.next_down(),
    ];
    for k in 0..=300 {
        let tie = (k as f32 + 0.5) * scale;
        values.extend([tie.next_down(), tie, tie.next_up(), k as f32 * scale]);
    }
    values.iter().flat_map(|&v| [v, -v]).collect()
}

/// A mixture for a scale: values in range, values that clip, hard values, any bits at all.
pub(crate) fn painted(random: &mut Random, len: usize, scale: f32) -> Vec<f32> {
    let hard = hard_values(scale);
    (0..len)
        .map(|_| match random.below(8) {
            0 => hard[random.below(hard.len())],
            1 => f32::from_bits(random.bits() as u32),
            2 => random.unit() * 300.0 * scale,
            _ => random.unit() * 127.0 * scale,
        })
        .collect()
}

/// Parameters of every kind that `Q` holds, for one scale.
pub(crate) fn params<Q: Integer>(scale: f32) -> Vec<QuantParams> {
    let kinds: &[(i32, i32, i32)] = if Q::MIN == 0 {
        &[
            (0, 0, 255),
            (255, 0, 255),
            (131, 0, 255),
            (128, 0, 255),
            (64, 0, 127),
            (7, 0, 15),
            (0, 0, 3),
        ]
    } else {
        &[
            (0, -127, 127),
            (0, -128, 127),
            (-128, -128, 127),
            (127, -128, 127),
            (-37, -128, 127),
            (0, -63, 63),
            (0, -8, 7),
            (7, -8, 7),
            (0, -7, 7),
            (0, -1, 1),
            (-2, -2, 1),
        ]
    };
    let params = kinds
        .iter()
        .map(|&(zero_point, qmin, qmax)| QuantParams::new(scale, zero_point, qmin..=qmax).unwrap());
    params.collect()
}

/// A quantized tensor by the reference: what every set of values that share a scale gets.
#[derive(Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) q: Vec<i32>,
    pub(crate) scales: Vec<f32>,
    pub(crate) zero_points: Vec<i32>,
    pub(crate) dequantized: Vec<f32>,
}

/// Which set a value of a row-major tensor belongs to.
fn set_of(index: usize, shape: &[usize], granularity: Granularity) -> usize {
    match granularity {
        Granularity::PerTensor => 0,
        Granularity::PerChannel { axis } => {
            let axis = if axis < 0 { axis + shape.len() as isize } else { axis } as usize;
            index / shape[axis + 1..].iter().product::<usize>() % shape[axis]
        }
        Granularity::PerGroup { size } => {
            let row_len = *shape.last().unwrap_or(&1);
            let (row, column) = (index / row_len, index % row_len);
            row * row_len.div_ceil(size.get()) + column / size.get()
        }
    }
}

/// `x`, which is finite and has values, by the definition.
pub(crate) fn expected<T: Element>(x: &[T], shape: &[usize], scheme: Scheme) -> Expected {
    let sets: Vec<usize> = (0..x.len()).map(|i| set_of(i, shape, scheme.granularity())).collect();
    let mut values = vec![vec![]; sets.iter().max().map_or(1, |last| last + 1)];
    for (set, &x) in sets.iter().zip(x) {
        values[*set].push(x);
    }
    let (scales, zero_points): (Vec<f32>, Vec<i32>) = values
        .iter()
        .map(|values| {
            let (min, max) = reference::min_max(values).unwrap_or((0.0, 0.0));
            reference::choose(min, max, scheme)
        })
        .unzip();
    let params = |set: usize| scheme.with_scale(scales[set], zero_points[set]).unwrap();
    let q: Vec<i32> =
        sets.iter().zip(x).map(|(&set, &x)| reference::quantize_one(x, params(set))).collect();
    let dequantized = sets
        .iter()
        .zip(&q)
        .map(|(&set, &q)| {
            if scheme.is_unsigned() {
                reference::dequantize_one(q as u8, params(set))
            } else {
                reference::dequantize_one(q as i8, params(set))
            }
        })
        .collect();
    let zero_points = if scheme.is_symmetric() { vec![] } else { zero_points };
    Expected { q, scales, zero_points, dequantized }
}

/// The backends of this CPU, by name.
pub(crate) fn names() -> Vec<&'static str> {
    Backend::available().map(|backend| Isa::name(backend.isa())).collect()
}
