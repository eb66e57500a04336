//! Vectors of abs_max and min_max, of numbers, NaN, infinities, and nothing.

use absmax::reference;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::hex::{hex, unhex};
use super::names::{Element, with_element};
use crate::inputs::Input;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Limits {
    element: Element,
    x: String,
    abs_max: String,
    /// `None` if there are no values.
    min_max: Option<[String; 2]>,
}

impl Case for Limits {
    const TOPIC: &'static str = "limits";

    fn all() -> Vec<Self> {
        Element::ALL
            .into_iter()
            .flat_map(|element| with_element!(element, inputs(element)))
            .collect()
    }

    fn answered(&self, by: By) -> Self {
        with_element!(self.element, answered(self, by))
    }
}

fn answered<T: Input>(case: &Limits, by: By) -> Limits {
    let x: Vec<T> = unhex(&case.x);
    let (abs_max, min_max) = match by {
        By::Reference => (reference::abs_max(&x), reference::min_max(&x)),
        By::Backend(backend) => (backend.abs_max(&x), backend.min_max(&x)),
    };
    let min_max = min_max.map(|(min, max)| [hex(&[min]), hex(&[max])]);
    Limits { abs_max: hex(&[abs_max]), min_max, ..case.clone() }
}

fn inputs<T: Input>(element: Element) -> Vec<Limits> {
    let random = &mut Rng::with_seed(1);
    let numbers: Vec<T> = (0..20).map(|_| T::of(random.f32() * 20.0 - 10.0)).collect();
    let sign = 1 << (8 * size_of::<T>() - 1);
    let zeros = [T::from_bits(0), T::from_bits(sign)];
    let mut all = vec![vec![], vec![zeros[1]], vec![zeros[1], zeros[0]], numbers.clone()];
    // These are the least subnormal and the largest finite number.
    all.push(vec![T::from_bits(1), T::from_bits(sign | 1)]);
    all.push(vec![T::from_bits(T::WILD[0] - 1), zeros[0], T::from_bits(T::WILD[1] - 1)]);
    all.push(numbers.iter().map(|x| T::of(x.wide().abs())).collect());
    // Infinities and NaN come alone, and behind and before numbers. Of several NaN, the largest
    // payload counts.
    for wild in T::WILD {
        let wild = T::from_bits(wild);
        all.push(vec![wild]);
        all.push([&numbers[..5], &[wild], &numbers[5..7]].concat());
        all.push(vec![wild, T::from_bits(T::WILD[0]), zeros[0]]);
    }
    let unanswered =
        |x: Vec<T>| Limits { element, x: hex(&x), abs_max: String::new(), min_max: None };
    all.into_iter().map(|x| unanswered(x).answered(By::Reference)).collect()
}
