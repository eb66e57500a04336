//! Vectors of the least and the largest value, and of the scale and the zero point that every
//! scheme gives them.

use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, unhex_one};
use super::names::Grid;
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{BITS, MAPPINGS, SCALE_TYPES};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parameters {
    #[serde(flatten)]
    grid: Grid,
    min: String,
    max: String,
    #[serde(flatten)]
    answer: Answer<Chosen>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Chosen {
    scale: String,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
}

/// Limits of several kinds. Some are everyday limits, some have one sign, and some are zeros. Some
/// have a scale that is below the least normal number, that is stored as a subnormal f16, or that
/// lies halfway. Some have a difference that overflows, or a scale that overflows f16.
const LIMITS: [(f32, f32); 12] = [
    (-1.0, 0.75),
    (-0.1, 254.0),
    (0.5, 3.0),
    (-7.0, -2.0),
    (0.0, 0.0),
    (-0.0, 1e-44),
    (-1e-39, 1e-38),
    (-1e-5, 3e-6),
    (-0.007, 0.0001),
    (-f32::MAX, f32::MAX),
    (-1e7, 1e8),
    (-127.5, 255.0),
];

impl Case for Parameters {
    const TOPIC: &'static str = "parameters";

    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for bits in BITS {
            for mapping in MAPPINGS {
                for (i, &(min, max)) in LIMITS.iter().enumerate() {
                    // All types of scales come with all limits, though not with all bits.
                    let scale_type = SCALE_TYPES[(i + usize::from(bits)) % SCALE_TYPES.len()];
                    all.push((Grid::of(bits, mapping, scale_type), min, max));
                }
            }
        }
        let int8 = Grid::of(8, MAPPINGS[0], SCALE_TYPES[0]);
        let refused = [(1.0, -1.0), (f32::NAN, 1.0), (0.0, f32::NAN), (0.0, f32::INFINITY)];
        all.extend(refused.map(|(min, max)| (int8, min, max)));
        let no_bits = [1, 9].map(|bits| Grid::of(bits, MAPPINGS[0], SCALE_TYPES[0]));
        all.extend(no_bits.map(|grid| (grid, -1.0, 1.0)));
        let case = |(grid, min, max): (Grid, f32, f32)| Self {
            grid,
            min: hex(&[min]),
            max: hex(&[max]),
            answer: Answer::Given(Chosen::default()),
        };
        all.into_iter().map(|input| case(input).answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let (min, max) = (unhex_one(&self.min), unhex_one(&self.max));
        let params = self.grid.scheme().and_then(|scheme| match by {
            By::Reference => expected::params(scheme, min, max),
            By::Backend(_) => scheme.params(min, max),
        });
        let chosen = params.map(|params| Chosen {
            scale: hex(&[params.scale()]),
            zero_point: params.zero_point(),
            qmin: params.qmin(),
            qmax: params.qmax(),
        });
        Self { answer: chosen.into(), ..self.clone() }
    }
}
