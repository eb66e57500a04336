//! Vectors of matrices that are quantized by the arithmetic of other programs.

use absmax::{Arithmetic, QuantizedMut, Result, Rows, RowsMut, ScaleType, reference};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, hex_of, unhex};
use super::names::{Element, Grid, Preset, Shared, with_element};
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{Byte, Input, MAPPINGS, SCALE_TYPES, between, scheme};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Computed {
    arithmetic: Preset,
    element: Element,
    #[serde(flatten)]
    grid: Grid,
    shared: Shared,
    shape: [usize; 2],
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
}

/// Shapes, and which of their values share a scale. The last group of a row is a shorter one.
const SHARED: [([usize; 2], Shared); 3] =
    [([3, 5], Shared::Channel(0)), ([2, 7], Shared::Group(4)), ([2, 4], Shared::Tensor)];

/// Each scheme of an arithmetic, element and type of scales comes with so many of [`SHARED`].
const EACH: usize = 2;

/// The presets but the one that the other vectors are of.
fn others() -> impl Iterator<Item = Arithmetic> {
    let presets = Arithmetic::PRESETS.map(|preset| preset.1);
    presets.into_iter().filter(|&preset| preset != Arithmetic::exact())
}

/// The schemes of 8 bits that an arithmetic has or does not have.
fn grids(arithmetic: Arithmetic, has: bool, scale_type: ScaleType) -> Vec<Grid> {
    let mappings = MAPPINGS.into_iter();
    let mappings =
        mappings.filter(|&mapping| arithmetic.schemes.contains(scheme(8, mapping)) == has);
    mappings.map(|mapping| Grid::of(8, mapping, scale_type)).collect()
}

impl Case for Computed {
    const TOPIC: &'static str = "arithmetic";

    fn all() -> Vec<Self> {
        let random = &mut Rng::with_seed(4);
        let mut shared = SHARED.into_iter().cycle();
        let mut all = Vec::new();
        for arithmetic in others() {
            for scale_type in SCALE_TYPES {
                for grid in grids(arithmetic, true, scale_type) {
                    for element in Element::ALL {
                        for (shape, shared) in shared.by_ref().take(EACH) {
                            let x = with_element!(element, values(random, shape, shared, grid));
                            all.push(Self::new(arithmetic, element, grid, (shape, shared), x));
                        }
                    }
                }
                // One is skipped, because the same shapes would come with the same elements always.
                shared.next();
            }
            all.extend(special(arithmetic));
        }
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let quantized = with_element!(self.element, quantized(self, by));
        Self { answer: quantized.into(), ..self.clone() }
    }
}

impl Computed {
    fn new(
        arithmetic: Arithmetic,
        element: Element,
        grid: Grid,
        (shape, shared): ([usize; 2], Shared),
        x: String,
    ) -> Self {
        let answer = Answer::Given(Quantized::default());
        Self { arithmetic: Preset(arithmetic), element, grid, shared, shape, x, answer }
    }
}

/// Matrices of few values at the ends of what there is to compute with, some of them refused.
fn special(arithmetic: Arithmetic) -> Vec<Computed> {
    let new = |element, grid, shared, x: &[f32]| {
        let x = with_element!(element, hex_of(x));
        Computed::new(arithmetic, element, grid, shared, x)
    };
    let rows = ([2, 2], Shared::Channel(0));
    let one = ([1, 3], Shared::Channel(0));
    let mut all = Vec::new();
    for grid in grids(arithmetic, true, ScaleType::F32) {
        // Scales that are subnormal, and others whose reciprocal is or is not a number. 2^-128 is
        // the largest of those with an infinite reciprocal.
        for least in [1e-45, 1e-40, 2f32.powi(-128) * 127.0, 2f32.powi(-127) * 255.0, 3e-37] {
            all.push(new(Element::F32, grid, one, &[-least, 0.3 * least, 0.0]));
        }
        // Below the least scales of torch and of torchao, on either side of zero and on both.
        for x in [[0.001, 0.0, 0.0005], [0.0, -0.001, -0.0003], [1e-6, -2e-6, 3e-7]] {
            all.push(new(Element::F32, grid, one, &x));
        }
        // The difference is infinite, in binary32 and in f16.
        all.push(new(Element::F32, grid, one, &[f32::MAX, -f32::MAX, 1.0]));
        all.push(new(Element::F16, grid, one, &[65504.0, -65504.0, 1.0]));
        // The subnormal numbers of f16, of which the quotient by the steps is none.
        all.push(new(Element::F16, grid, one, &[6e-8, -1e-5, 0.0]));
        for (element, wild) in
            Element::ALL.into_iter().zip([f32::NAN, f32::NEG_INFINITY, f32::INFINITY])
        {
            all.push(new(element, grid, rows, &[1.0, -2.0, 0.5, wild]));
        }
    }
    // The scale of the second row overflows f16, or becomes 0 there and in bf16.
    for grid in grids(arithmetic, true, ScaleType::F16) {
        all.push(new(Element::F32, grid, rows, &[1.0, 1.0, 65520.0 * 255.0, 1.0]));
        all.push(new(Element::F32, grid, rows, &[1.0, 1.0, 1e-6, -2e-6]));
    }
    for grid in grids(arithmetic, true, ScaleType::Bf16) {
        all.push(new(Element::F32, grid, rows, &[1.0, 1.0, 1e-39, 0.0]));
    }
    for grid in grids(arithmetic, false, ScaleType::F32) {
        all.push(new(Element::F32, grid, ([1, 1], Shared::Tensor), &[1.0]));
    }
    all
}

/// Sets of values of other magnitudes, many of them next to ties, some of one sign, some of zeros.
fn values<T: Input>(random: &mut Rng, shape: [usize; 2], shared: Shared, grid: Grid) -> String {
    let Ok(scheme) = grid.scheme().and_then(|scheme| shared.apply(scheme)) else {
        return String::new();
    };
    let mut x: Vec<T> = Vec::new();
    for set in expected::sets(&shape, scheme).chunk_by(|a, b| a == b) {
        let ends = match random.u32(..14) {
            0 => [0.0, 0.0],
            1 => [0.25, 1.0],
            2 => [-1.0, -0.5],
            3 => [-3e-5, 1e-4],
            4 => [-0.001, 0.0],
            5 => [-30_000.0, 20_000.0],
            6 => [-127.0, 128.0],
            _ => [-random.f32(), random.f32() * 8.0],
        };
        x.extend(between(random, set.len(), ends.map(T::of), scheme));
    }
    hex(&x)
}

fn quantized<T: Input>(case: &Computed, by: By) -> Result<Quantized> {
    let scheme = case.shared.apply(case.grid.scheme()?)?;
    if *reference::integers(scheme).start() < 0 {
        of::<T, i8>(case, by)
    } else {
        of::<T, u8>(case, by)
    }
}

fn of<T: Input, Q: Byte>(case: &Computed, by: By) -> Result<Quantized> {
    let (x, shape, Preset(arithmetic)): (Vec<T>, _, _) =
        (unhex(&case.x), case.shape, case.arithmetic);
    let scheme = case.shared.apply(case.grid.scheme()?)?;
    let (q, scales, zero_points): (Vec<Q>, _, _) = match by {
        By::Reference => {
            let of = expected::quantize_rows_by(&x, shape, scheme, arithmetic)?;
            (of.q, of.scales, of.zero_points)
        }
        By::Backend(backend) => {
            let [rows, row_len] = shape;
            let scales = scheme.scale_count(&shape)?;
            let zero_points = if expected::is_symmetric(scheme) { 0 } else { scales };
            let mut q = vec![Q::UNTOUCHED; x.len()];
            let (mut scales, mut zero_points) = (vec![f32::NAN; scales], vec![-1; zero_points]);
            let out = QuantizedMut::new(RowsMut::new(&mut q, rows, row_len)?)
                .with_scales(&mut scales)
                .with_zero_points(&mut zero_points);
            let x = Rows::new(&x, rows, row_len)?;
            backend.by(arithmetic).quantize_rows(scheme, x, out)?;
            (q, scales, zero_points)
        }
    };
    let q = q.into_iter().map(Byte::as_i32).collect();
    Ok(Quantized { q, scales: hex(&scales), zero_points })
}
