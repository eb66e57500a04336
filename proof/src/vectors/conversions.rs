//! Vectors of numbers that are widened and narrowed, and of scales that are rounded to the type
//! that they are stored in.

use absmax::reference;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, unhex};
use super::names::{Element, Stored, with_element};
use crate::inputs::{Input, SCALE_TYPES, halfway_scales, hard_scales, powers_of_two};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "operation")]
pub(super) enum Conversion {
    /// `x` is widened to binary32, which is exact.
    Widen { element: Element, x: String, y: String },
    /// `x` in binary32 is rounded to the nearest number, and to the even one of two that are
    /// equally near.
    Narrow { element: Element, x: String, y: String },
    /// `x` is a scale that is rounded to the type that it is stored in.
    Store { scale_type: Stored, x: String, y: String },
}

impl Case for Conversion {
    const TOPIC: &'static str = "conversions";

    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for element in [Element::F16, Element::Bf16] {
            all.extend(with_element!(element, inputs(element)));
        }
        let scales: Vec<f32> = powers_of_two()
            .into_iter()
            .chain(hard_scales())
            .chain(halfway_scales())
            .step_by(3)
            .collect();
        for scale_type in SCALE_TYPES {
            let (scale_type, y) = (scale_type.into(), String::new());
            all.extend(scales.chunks(PORTION).map(|scales| Self::Store {
                scale_type,
                x: hex(scales),
                y: y.clone(),
            }));
        }
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let mut answered = self.clone();
        match &mut answered {
            Self::Widen { element, x, y } => *y = with_element!(*element, widened(x, by)),
            Self::Narrow { element, x, y } => *y = with_element!(*element, narrowed(x, by)),
            Self::Store { scale_type, x, y } => {
                let scale_type = (*scale_type).into();
                let store = |x| match by {
                    By::Reference => reference::store(x, scale_type),
                    By::Backend(_) => scale_type.round(x),
                };
                *y = hex(&unhex(x).into_iter().map(store).collect::<Vec<f32>>());
            }
        }
        answered
    }
}

/// The number of numbers in a line.
const PORTION: usize = 32;

fn widened<T: Input>(x: &str, by: By) -> String {
    let widen = |x: T| match by {
        By::Reference => reference::widen(x),
        By::Backend(_) => x.to_f32(),
    };
    hex(&unhex(x).into_iter().map(widen).collect::<Vec<f32>>())
}

fn narrowed<T: Input>(x: &str, by: By) -> String {
    let narrow = |x| match by {
        By::Reference => reference::narrow(x),
        By::Backend(_) => T::from_f32(x),
    };
    hex(&unhex(x).into_iter().map(narrow).collect::<Vec<T>>())
}

/// Numbers of every exponent, with infinities and NaN. In binary32 there are also the numbers
/// halfway to the next, with their neighbours.
fn inputs<T: Input>(element: Element) -> Vec<Conversion> {
    let numbers = (0..=u16::MAX).step_by(509).map(|bits| T::from_bits(bits.into()));
    let numbers: Vec<T> = numbers.chain(T::WILD.map(T::from_bits)).collect();
    let near: Vec<f32> = numbers
        .iter()
        .flat_map(|x| {
            let bits = x.wide().to_bits();
            // This is half of the last digit, of which bf16 has 7 and f16 has 10.
            let half = if T::TYPE == "bf16" { 0x8000 } else { 0x1000 };
            [bits, bits + half - 1, bits + half, bits + half + 1].map(f32::from_bits)
        })
        .collect();
    let mut all = Vec::new();
    for x in numbers.chunks(PORTION).map(hex) {
        all.push(Conversion::Widen { element, x, y: String::new() });
    }
    for x in near.chunks(PORTION).map(hex) {
        all.push(Conversion::Narrow { element, x, y: String::new() });
    }
    all
}
