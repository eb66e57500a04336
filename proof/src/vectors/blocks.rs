//! Vectors of the blocks of ggml, by every arithmetic that has blocks.

use absmax::{Arithmetic, Result, Rows, RowsMut};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, hex_of, unhex};
use super::names::{Element, Preset, with_element};
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{Blocks, Input, SCALE_TYPES, between, scheme};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    block: Name,
    arithmetic: Preset,
    element: Element,
    x: String,
    #[serde(flatten)]
    answer: Answer<Bytes>,
}

/// The kinds of blocks, as ggml writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Name {
    #[serde(rename = "q8_0")]
    Q8_0,
    #[serde(rename = "q8_1")]
    Q8_1,
    #[serde(rename = "q8_K")]
    Q8K,
}

impl From<Name> for Blocks {
    fn from(name: Name) -> Self {
        match name {
            Name::Q8_0 => Self::Q8_0,
            Name::Q8_1 => Self::Q8_1,
            Name::Q8K => Self::Q8K,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bytes {
    /// The bytes in their order, with two digits for each.
    bytes: String,
}

/// The largest magnitude of each block, and the sign of the value that has it. Of the first, both
/// signs have it.
const PEAKS: [[f32; 2]; 5] = [[-3.0, 3.0], [-0.01, 1.7], [-40.0, 33.0], [0.0, 1e-6], [-900.0, 0.0]];

impl Case for Block {
    const TOPIC: &'static str = "blocks";

    fn all() -> Vec<Self> {
        let random = &mut Rng::with_seed(5);
        let mut all = Vec::new();
        for arithmetic in Arithmetic::PRESETS.map(|preset| preset.1) {
            if arithmetic.check_blocks().is_err() {
                all.push(Self::new(Name::Q8_0, arithmetic, Element::F32, hex(&[0.0f32; 32])));
                continue;
            }
            for block in [Name::Q8_0, Name::Q8_1] {
                for (i, ends) in PEAKS.into_iter().enumerate() {
                    let element = Element::ALL[i % Element::ALL.len()];
                    let x = with_element!(element, values(random, block.into(), ends));
                    all.push(Self::new(block, arithmetic, element, x));
                }
                all.extend(special(block, arithmetic));
            }
            for (element, ends) in
                [Element::F32, Element::F16, Element::Bf16, Element::Bf16].into_iter().zip(PEAKS)
            {
                let x = with_element!(element, values(random, Blocks::Q8K, ends));
                all.push(Self::new(Name::Q8K, arithmetic, element, x));
            }
            // A narrow type has the shorter digits.
            all.extend([&[0.0][..], &[1.0, f32::NAN], &[0.0, 1e-39]].map(|first| {
                Self::new(Name::Q8K, arithmetic, Element::Bf16, filled(Blocks::Q8K, first))
            }));
        }
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let bytes = with_element!(self.element, bytes(self, by));
        Self { answer: bytes.into(), ..self.clone() }
    }
}

impl Block {
    fn new(block: Name, arithmetic: Arithmetic, element: Element, x: String) -> Self {
        let answer = Answer::Given(Bytes::default());
        Self { block, arithmetic: Preset(arithmetic), element, x, answer }
    }
}

/// Blocks of 32 values at the ends of what there is to compute with, some of them refused: zeros,
/// an infinity, a scale that overflows f16, sums that overflow f16, scales that are subnormal or 0
/// in f16, and a scale without a reciprocal.
fn special(block: Name, arithmetic: Arithmetic) -> Vec<Block> {
    let same = [2000.0f32; 32];
    let all: [&[f32]; 7] = [
        &[0.0],
        &[1.0, 2.0, f32::INFINITY],
        &[1e7, 65520.0 * 127.0],
        // The sum is 32 * 2000 and has a number in f16, its double has none.
        &same,
        &same.map(|x| x * 2.0),
        &[-2e-6, 1e-6, -0.7e-6],
        &[1e-40, -3e-41],
    ];
    let new = |x| Block::new(block, arithmetic, Element::F32, filled(block.into(), x));
    all.map(new).into()
}

/// A block that begins with these numbers. Zeros of the narrow type follow.
fn filled(block: Blocks, first: &[f32]) -> String {
    let mut x = first.to_vec();
    x.resize(block.values(), 0.0);
    if block == Blocks::Q8K { hex_of::<half::bf16>(&x) } else { hex(&x) }
}

/// Values of which many are next to ties.
fn values<T: Input>(random: &mut Rng, block: Blocks, ends: [f32; 2]) -> String {
    let int8 = scheme(8, crate::inputs::MAPPINGS[0]).with_scale_type(SCALE_TYPES[0]);
    hex(&between(random, block.values(), ends.map(T::of), int8))
}

fn bytes<T: Input>(case: &Block, by: By) -> Result<Bytes> {
    let (x, Preset(arithmetic)): (Vec<T>, _) = (unhex(&case.x), case.arithmetic);
    let bytes = match (by, case.block) {
        (By::Reference, block) => expected::blocks(&x, block.into(), arithmetic)?,
        (By::Backend(backend), block) => {
            let (by, x) = (backend.by(arithmetic), Rows::new(&x, 1, x.len())?);
            match block {
                Name::Q8_0 => written(|to| by.quantize_q8_0(x, to))?,
                Name::Q8_1 => written(|to| by.quantize_q8_1(x, to))?,
                Name::Q8K => written(|to| by.quantize_q8_k(x, to))?,
            }
        }
    };
    Ok(Bytes { bytes: bytes.iter().map(|byte| format!("{byte:02x}")).collect() })
}

/// The bytes of a block that is written.
fn written<const SIZE: usize>(
    write: impl FnOnce(RowsMut<'_, [u8; SIZE]>) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut blocks = [[0x55; SIZE]; 1];
    write(RowsMut::new(&mut blocks, 1, 1)?)?;
    Ok(blocks.concat())
}
