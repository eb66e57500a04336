//! Values on which the environment may have an effect.

use absmax::{Element, reference};
use half::{bf16, f16};

/// Finite values by their bits.
pub(crate) struct Data<T> {
    pub(crate) x: Vec<T>,
    pub(crate) limits: (f32, f32),
}

pub(crate) const COLUMNS: usize = 96;

/// `rows` times 96 values: `kind` 0 has no subnormals, 1 has nothing else, 2 has both.
fn data<T: Element>(rows: usize, kind: u32, of_bits: impl Fn(u32) -> T) -> Data<T> {
    let mut state = 0x2545_f491_u32 + kind;
    let x: Vec<T> = (0..rows * COLUMNS)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let fraction = state >> 8 & 0x007f_ffff;
            let subnormal = kind == 1 || (kind == 2 && i % 3 == 0);
            let exponent = if subnormal { 0 } else { 118 + (state >> 4) % 12 };
            of_bits(state & 0x8000_0000 | exponent << 23 | fraction)
        })
        .collect();
    let limits = reference::min_max(&x).unwrap();
    Data { x, limits }
}

/// Values of one kind in all types.
pub(crate) struct Inputs(pub(crate) Data<f32>, pub(crate) Data<f16>, pub(crate) Data<bf16>);

pub(crate) fn inputs(rows: usize) -> Vec<Inputs> {
    let of_kind = |kind| {
        Inputs(
            data(rows, kind, f32::from_bits),
            // The exponents of binary16 are those around 1.
            data(rows, kind, |bits| {
                let (sign, exponent) =
                    (bits >> 16 & 0x8000, (bits >> 23 & 0xff).saturating_sub(112));
                f16::from_bits((sign | exponent << 10 | bits >> 13 & 0x3ff) as u16)
            }),
            data(rows, kind, |bits| bf16::from_bits((bits >> 16) as u16)),
        )
    };
    (0..3).map(of_kind).collect()
}
