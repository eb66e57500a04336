//! Vectors of tensors that are quantized by their own parameters, by every scheme, and back.

use absmax::{Error, QuantizedMut, QuantizedTensor, Result, RowsMut, TensorView, reference};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, hex_of, unhex};
use super::names::{Element, Grid, Shared, with_element};
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{BITS, Byte, Input, MAPPINGS, SCALE_TYPES, between};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tensor {
    element: Element,
    #[serde(flatten)]
    grid: Grid,
    shared: Shared,
    shape: Vec<usize>,
    x: String,
    #[serde(flatten)]
    answer: Answer<Quantized>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Quantized {
    q: Vec<i32>,
    scales: String,
    /// The zero points, of which a symmetric scheme has none.
    zero_points: Vec<i32>,
    /// The sum of the integers of each set.
    sums: Vec<i32>,
    /// The sum times the scale, rounded once.
    scaled_sums: String,
    /// The dequantized values, in the type of the values.
    dequantized: String,
}

/// Shapes, and which of their values share a scale. Some share it per tensor, and some along the
/// first, the middle and the last axis, counted from either end. Some share it in groups, which
/// fill a row, leave a shorter group, or are longer than a row.
const SHARED: [(&[usize], Shared); 12] = [
    (&[18], Shared::Tensor),
    (&[3, 2, 3], Shared::Channel(0)),
    (&[2, 3, 3], Shared::Channel(1)),
    (&[3, 3, 2], Shared::Channel(-1)),
    (&[2, 9], Shared::Group(3)),
    (&[2, 9], Shared::Group(4)),
    (&[3, 6], Shared::Tensor),
    (&[6, 3], Shared::Channel(-2)),
    (&[2, 9], Shared::Channel(1)),
    (&[2, 3, 3], Shared::Group(2)),
    (&[20], Shared::Group(16)),
    (&[2, 9], Shared::Group(32)),
];

/// Each scheme, element and type of scales comes with so many of [`SHARED`].
const EACH: usize = 4;

impl Case for Tensor {
    const TOPIC: &'static str = "tensors";

    fn all() -> Vec<Self> {
        let random = &mut Rng::with_seed(2);
        let mut shared = SHARED.into_iter().cycle();
        let mut all = Vec::new();
        for bits in BITS {
            for mapping in MAPPINGS {
                for element in Element::ALL {
                    for (i, (shape, shared)) in shared.by_ref().take(EACH).enumerate() {
                        let scale_type = SCALE_TYPES[(i + usize::from(bits)) % SCALE_TYPES.len()];
                        let grid = Grid::of(bits, mapping, scale_type);
                        let x = with_element!(element, values(random, shape, shared, grid));
                        all.push(Self::new(element, grid, shared, shape, x));
                    }
                    // One is skipped, because twelve granularities taken by multiples of four would
                    // always form the same pairs.
                    shared.next();
                }
            }
        }
        all.extend(special());
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let quantized = with_element!(self.element, quantized(self, by));
        Self { answer: quantized.into(), ..self.clone() }
    }
}

impl Tensor {
    fn new(element: Element, grid: Grid, shared: Shared, shape: &[usize], x: String) -> Self {
        let answer = Answer::Given(Quantized::default());
        Self { element, grid, shared, shape: shape.to_vec(), x, answer }
    }
}

/// Special tensors. Some have no values, some have values that are not finite, of which the first
/// is named, and some have scales that do not fit f16. Some have shapes and axes that are not
/// valid.
fn special() -> Vec<Tensor> {
    let grid =
        |mapping: usize, scale_type: usize| Grid::of(8, MAPPINGS[mapping], SCALE_TYPES[scale_type]);
    let new = |element, shape: &[usize], shared, mapping, x: &[f32]| {
        let x = with_element!(element, hex_of(x));
        Tensor::new(element, grid(mapping, 0), shared, shape, x)
    };
    let mut all = Vec::new();
    for (shape, shared) in [
        (&[0][..], Shared::Tensor),
        (&[0, 3], Shared::Channel(1)),
        (&[3, 0], Shared::Channel(0)),
        (&[2, 0], Shared::Group(4)),
    ] {
        all.extend([0, 3].map(|mapping| new(Element::F32, shape, shared, mapping, &[])));
    }
    for element in Element::ALL {
        for (i, wild) in
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN].into_iter().enumerate()
        {
            let x = [1.0, -2.0, 0.5, wild, 3.0, f32::NAN];
            let shared =
                [Shared::Tensor, Shared::Channel(0), Shared::Channel(1), Shared::Group(2)][i];
            all.push(new(element, &[2, 3], shared, i, &x));
        }
    }
    // Only the scale becomes infinite: 65520 is the least number that overflows f16.
    let x = [1.0f32, 1.0, 65520.0 * 127.0, 1.0];
    for shared in [Shared::Channel(0), Shared::Channel(1)] {
        all.push(Tensor::new(Element::F32, grid(0, 1), shared, &[2, 2], hex(&x)));
    }
    // With the largest numbers of binary32, the difference overflows and the scale does not.
    let max = f32::MAX;
    all.extend(
        [1, 3].map(|mapping| new(Element::F32, &[3], Shared::Tensor, mapping, &[-max, max, 1.0])),
    );
    for axis in [2, -3] {
        all.push(new(Element::F32, &[2, 2], Shared::Channel(axis), 0, &[1.0; 4]));
    }
    all.push(new(Element::F32, &[2, 3], Shared::Tensor, 0, &[1.0; 4]));
    all.push(new(Element::F32, &[2, 2], Shared::Group(0), 0, &[1.0; 4]));
    all
}

/// Sets of values of other magnitudes, some of one sign, some of zeros.
fn values<T: Input>(random: &mut Rng, shape: &[usize], shared: Shared, grid: Grid) -> String {
    let Ok(scheme) = grid.scheme().and_then(|scheme| shared.apply(scheme)) else {
        return String::new();
    };
    let sets = expected::sets(shape, scheme);
    let mut x = vec![T::of(0.0); sets.len()];
    for set in 0..expected::set_count(shape, scheme) {
        let places: Vec<usize> = (0..x.len()).filter(|&i| sets[i] == set).collect();
        let ends = match random.u32(..12) {
            0 => [0.0, 0.0],
            1 => [0.25, 1.0],
            2 => [-1.0, -0.5],
            3 => [-3e-6, 1e-6],
            4 => [-1e-40, 1e-41],
            5 => [-30_000.0, 60_000.0],
            _ => [-random.f32(), random.f32() * 8.0],
        };
        let drawn = between(random, places.len(), ends.map(T::of), scheme);
        places.into_iter().zip(drawn).for_each(|(i, drawn)| x[i] = drawn);
    }
    hex(&x)
}

fn quantized<T: Input>(case: &Tensor, by: By) -> Result<Quantized> {
    let scheme = case.shared.apply(case.grid.scheme()?)?;
    if *reference::integers(scheme).start() < 0 {
        of::<T, i8>(case, by)
    } else {
        of::<T, u8>(case, by)
    }
}

fn of<T: Input, Q: Byte>(case: &Tensor, by: By) -> Result<Quantized> {
    let (x, shape): (Vec<T>, _) = (unhex(&case.x), &case.shape[..]);
    let scheme = case.shared.apply(case.grid.scheme()?)?;
    let (of, (sums, scaled_sums), back): (expected::Quantized<Q>, _, Vec<T>) = match by {
        By::Reference => {
            refuse_shapes(case, x.len())?;
            let quantized = expected::quantize_tensor::<T, Q>(&x, shape, scheme)?;
            let back = expected::dequantize_tensor(&quantized, shape, scheme);
            let sums = expected::sums(&quantized, shape, scheme);
            (quantized, sums, back)
        }
        By::Backend(backend) => {
            let view = TensorView::new(&x, shape)?;
            let scales = scheme.scale_count(shape)?;
            let zero_points = if expected::is_symmetric(scheme) { 0 } else { scales };
            let mut q = vec![Q::UNTOUCHED; x.len()];
            let (mut sums, mut scaled_sums) = (vec![-1; scales], vec![f32::NAN; scales]);
            let (mut scales, mut zero_points) = (vec![f32::NAN; scales], vec![-1; zero_points]);
            let out = QuantizedMut::new(RowsMut::new(&mut q, 1, x.len())?)
                .with_scales(&mut scales)
                .with_zero_points(&mut zero_points)
                .with_sums(&mut sums)
                .with_scaled_sums(&mut scaled_sums);
            backend.quantize_tensor_into(scheme, view, out)?;
            let (data, shape) = (Q::integers(q.clone()), shape.to_vec());
            let tensor = QuantizedTensor { data, shape, scales, zero_points, scheme };
            let mut back = vec![T::UNTOUCHED; x.len()];
            backend.dequantize_tensor_into(&tensor, &mut back)?;
            let QuantizedTensor { scales, zero_points, .. } = tensor;
            let of = expected::Quantized { q, scales, zero_points, ..Default::default() };
            (of, (sums, scaled_sums), back)
        }
    };
    Ok(Quantized {
        q: of.q.into_iter().map(Byte::as_i32).collect(),
        scales: hex(&of.scales),
        zero_points: of.zero_points,
        sums,
        scaled_sums: hex(&scaled_sums),
        dequantized: hex(&back),
    })
}

/// What is wrong before a value is looked at.
fn refuse_shapes(case: &Tensor, found: usize) -> Result<()> {
    let expected = case.shape.iter().product();
    if expected != found {
        return Err(Error::ShapeMismatch { expected, found });
    }
    let rank = case.shape.len();
    match case.shared {
        Shared::Channel(axis) if !(-rank.cast_signed()..rank.cast_signed()).contains(&axis) => {
            Err(Error::AxisOutOfRange { axis, rank })
        }
        _ => Ok(()),
    }
}
