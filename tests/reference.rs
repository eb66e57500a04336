//! The arithmetic that the reference spells out, against that of `std` and `half`.

use absmax::{ScaleType, reference};
use half::{bf16, f16};

#[test]
fn rounding_is_that_of_std() {
    for bits in (0..=u32::MAX).step_by(4093) {
        let x = f32::from_bits(bits);
        let (ours, std) = (reference::round_half_even(x), x.round_ties_even());
        assert!(ours == std || (ours.is_nan() && x.is_nan()), "{x:e}: {ours} and {std}");
    }
    for k in -300..300 {
        let tie = k as f32 + 0.5;
        for x in [tie.next_down(), tie, tie.next_up()] {
            assert_eq!(reference::round_half_even(x), x.round_ties_even(), "{x:e}");
        }
    }
}

/// NaN too: `half` makes it quiet and keeps its sign and payload, as is stated here.
#[test]
fn widening_is_that_of_half() {
    for bits in 0..=u16::MAX {
        let (half, brain) = (f16::from_bits(bits), bf16::from_bits(bits));
        assert_eq!(
            reference::widen(half).to_bits(),
            half.to_f32_const().to_bits(),
            "f16 {bits:#06x}"
        );
        assert_eq!(
            reference::widen(brain).to_bits(),
            brain.to_f32_const().to_bits(),
            "bf16 {bits:#06x}"
        );
    }
}

#[test]
fn narrowing_is_that_of_half() {
    let strided = (0..=u32::MAX).step_by(1021);
    // All numbers of either type, what lies halfway to the next, and the neighbours of both.
    let ties = (0..=u16::MAX).flat_map(|bits| {
        let (half, brain) = (f16::from_bits(bits).to_f32_const(), u32::from(bits) << 16);
        [half.to_bits(), half.to_bits() + 0x1000, brain, brain + 0x8000]
    });
    let around = ties.flat_map(|bits| [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]);
    for bits in strided.chain(around) {
        let x = f32::from_bits(bits);
        let (half, brain) = (f16::from_f32_const(x), bf16::from_f32_const(x));
        assert_eq!(reference::narrow::<f16>(x).to_bits(), half.to_bits(), "f16 {bits:#010x}");
        assert_eq!(reference::narrow::<bf16>(x).to_bits(), brain.to_bits(), "bf16 {bits:#010x}");
        assert_eq!(reference::narrow::<f32>(x).to_bits(), bits);
    }
}

#[test]
fn scales_are_stored_as_the_type_rounds_them() {
    for bits in (1..f32::INFINITY.to_bits()).step_by(509) {
        let scale = f32::from_bits(bits);
        for (scale_type, nearest) in [
            (ScaleType::F32, scale),
            (ScaleType::F16, f16::from_f32_const(scale).to_f32_const()),
            (ScaleType::Bf16, bf16::from_f32_const(scale).to_f32_const()),
        ] {
            let stored = reference::store(scale, scale_type);
            let lost = scale_type == ScaleType::F16 && nearest < scale && scale < 2f32.powi(-14);
            let expected = if lost { nearest + f16::from_bits(1).to_f32_const() } else { nearest };
            assert_eq!(stored.to_bits(), expected.to_bits(), "{scale:e} to {scale_type}");
        }
    }
}
