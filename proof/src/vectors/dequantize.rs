//! Vectors of integers and the values that they stand for, in each type of values.

use absmax::QuantParams;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, unhex_one};
use super::names::{Element, with_element};
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{Byte, Input, Kind, halfway_scales, hard_scales};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dequantize {
    element: Element,
    scale: String,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
    q: Vec<i32>,
    #[serde(flatten)]
    answer: Answer<Dequantized>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Dequantized {
    x: String,
}

impl Case for Dequantize {
    const TOPIC: &'static str = "dequantize";

    fn all() -> Vec<Self> {
        let signed = i8::KINDS.iter().map(|&kind| (kind, i8::MIN.into()));
        let unsigned = u8::KINDS.iter().map(|&kind| (kind, 0));
        let mut kinds = signed.chain(unsigned).cycle();
        let mut all = Vec::new();
        for scale in hard_scales().into_iter().chain(halfway_scales()) {
            for element in Element::ALL {
                all.extend(
                    kinds.next().map(|(kind, least)| Self::new(element, scale, kind, least)),
                );
            }
        }
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let Self { zero_point, qmin, qmax, .. } = *self;
        let params = QuantParams::new(unhex_one(&self.scale), zero_point, qmin..=qmax);
        let x =
            params.and_then(|params| with_element!(self.element, dequantized(self, params, by)));
        Self { answer: x.into(), ..self.clone() }
    }
}

impl Dequantize {
    /// A case with all integers of a byte, even if fewer are in use.
    fn new(element: Element, scale: f32, (zero_point, qmin, qmax): Kind, least: i32) -> Self {
        let ends = [0, 1, 2, 254, 255].map(|q| least + q);
        let mut q: Vec<i32> = ends.into_iter().chain((least..=least + 255).step_by(23)).collect();
        q.sort_unstable();
        q.dedup();
        let answer = Answer::Given(Dequantized::default());
        Self { element, scale: hex(&[scale]), zero_point, qmin, qmax, q, answer }
    }
}

fn dequantized<T: Input>(
    case: &Dequantize,
    params: QuantParams,
    by: By,
) -> absmax::Result<Dequantized> {
    let signed = case.q.iter().any(|&q| q < 0);
    if signed { of::<i8, T>(case, params, by) } else { of::<u8, T>(case, params, by) }
}

fn of<Q: Byte, T: Input>(
    case: &Dequantize,
    params: QuantParams,
    by: By,
) -> absmax::Result<Dequantized> {
    let q: Vec<Q> = case.q.iter().map(|&q| Q::from_i32(q)).collect();
    let x: Vec<T> = match by {
        By::Reference => expected::dequantize(&q, params),
        By::Backend(backend) => {
            let mut x = vec![T::UNTOUCHED; q.len()];
            backend.dequantize_into(&q, params, &mut x)?;
            x
        }
    };
    Ok(Dequantized { x: hex(&x) })
}
