//! Vectors of values that are quantized and fake-quantized by the caller's parameters.

use absmax::QuantParams;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, unhex, unhex_one};
use super::names::{Element, with_element};
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{Byte, Input, Kind, hard_values};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Values {
    element: Element,
    scale: String,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
    x: String,
    #[serde(flatten)]
    answer: Answer<Quantized>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Quantized {
    q: Vec<i32>,
    /// What the integers stand for, in the type of the values.
    fake_quantized: String,
}

/// Everyday scales, scales at both ends of the range in which a product stands for the division,
/// and scales beyond.
fn scales() -> [f32; 8] {
    let last = f32::from_bits((127 + 79) << 23);
    [1.0, 1.0 / 127.0, 0.1, f32::MIN_POSITIVE, 1e-40, last.next_up(), 1e30, 7.3e-4]
}

impl Case for Values {
    const TOPIC: &'static str = "values";

    fn all() -> Vec<Self> {
        // Signed and unsigned kinds take turns, and every second kind has another scale.
        let kinds =
            i8::KINDS.iter().zip(u8::KINDS).flat_map(|(signed, unsigned)| [*signed, *unsigned]);
        let mut kinds = kinds.cycle();
        let mut all = Vec::new();
        for scale in scales() {
            for element in Element::ALL {
                for kind in kinds.by_ref().take(2) {
                    all.push(Self::new(element, scale, kind));
                }
            }
        }
        for scale in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY] {
            all.push(Self::new(Element::F32, scale, (0, -127, 127)));
        }
        for kind in
            [(128, -128, 127), (-1, 0, 255), (0, -129, 0), (0, 0, 256), (5, 5, 5), (-1, -1, 128)]
        {
            all.push(Self::new(Element::F32, 1.0, kind));
        }
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let Self { zero_point, qmin, qmax, .. } = *self;
        let params = QuantParams::new(unhex_one(&self.scale), zero_point, qmin..=qmax);
        let quantized =
            params.and_then(|params| with_element!(self.element, quantized(self, params, by)));
        Self { answer: quantized.into(), ..self.clone() }
    }
}

impl Values {
    fn new(element: Element, scale: f32, (zero_point, qmin, qmax): Kind) -> Self {
        let x = if scale > 0.0 && scale < f32::INFINITY {
            with_element!(element, few_hard(scale))
        } else {
            hex(&[1.0f32])
        };
        let answer = Answer::Given(Quantized::default());
        Self { element, scale: hex(&[scale]), zero_point, qmin, qmax, x, answer }
    }
}

/// The hard values that are not steps of the quotient, and some of those that are.
fn few_hard<T: Input>(scale: f32) -> String {
    const NO_STEPS: usize = 2 * 28;
    const OF_A_STEP: usize = 2 * 6;
    let all = hard_values(scale);
    let (others, steps) = all.split_at(NO_STEPS);
    let steps = [0, 1, 7, 126, 127, 254].map(|k| &steps[k * OF_A_STEP..(k + 1) * OF_A_STEP]);
    let mut x: Vec<T> =
        others.iter().chain(steps.into_iter().flatten()).map(|&x| T::of(x)).collect();
    // Narrow types round many of the values to the same number.
    let mut seen = std::collections::HashSet::new();
    x.retain(|x| seen.insert(x.hex()));
    hex(&x)
}

fn quantized<T: Input>(case: &Values, params: QuantParams, by: By) -> absmax::Result<Quantized> {
    if params.qmin() < 0 { of::<T, i8>(case, params, by) } else { of::<T, u8>(case, params, by) }
}

fn of<T: Input, Q: Byte>(case: &Values, params: QuantParams, by: By) -> absmax::Result<Quantized> {
    let x: Vec<T> = unhex(&case.x);
    let (q, y): (Vec<Q>, Vec<T>) = match by {
        By::Reference => (expected::quantize_with(&x, params), expected::fake_quantize(&x, params)),
        By::Backend(backend) => {
            let (mut q, mut y) = (vec![Q::UNTOUCHED; x.len()], vec![T::UNTOUCHED; x.len()]);
            backend.quantize_with_into(&x, params, &mut q)?;
            backend.fake_quantize_into(&x, params, &mut y)?;
            (q, y)
        }
    };
    Ok(Quantized { q: q.into_iter().map(Byte::as_i32).collect(), fake_quantized: hex(&y) })
}
