//! The blocks of ggml, by an arithmetic.

use super::definition::{narrow, widen};
use super::group::Group;
use super::rounding::integer;
use crate::arithmetic::{Arithmetic, Blocks, Rounding};
use crate::{Element, Error, Result, ScaleType, Scheme};

pub(super) fn q8_0<T: Element>(x: &[T; 32], arithmetic: Arithmetic) -> Result<[u8; 34]> {
    let (group, q) = quantized(x, ScaleType::F16, arithmetic)?;
    let mut block = [0; 34];
    block[..2].copy_from_slice(&f16_bytes(group.scale));
    block[2..].copy_from_slice(&q.map(i8::cast_unsigned));
    Ok(block)
}

pub(super) fn q8_1<T: Element>(x: &[T; 32], arithmetic: Arithmetic) -> Result<[u8; 36]> {
    let (group, q) = quantized(x, ScaleType::F16, arithmetic)?;
    let sum = q.map(f32::from).iter().sum::<f32>();
    let product = match arithmetic.blocks {
        Blocks::Plain | Blocks::Signed => sum * group.step,
        Blocks::SignedAway => round_to_f16(sum) * group.scale,
    };
    if round_to_f16(product).is_infinite() {
        return Err(Error::BlockSumOverflow { sum: product });
    }
    let mut block = [0; 36];
    block[..2].copy_from_slice(&f16_bytes(group.scale));
    block[2..4].copy_from_slice(&f16_bytes(product));
    block[4..].copy_from_slice(&q.map(i8::cast_unsigned));
    Ok(block)
}

pub(super) fn q8_k<T: Element>(x: &[T; 256], arithmetic: Arithmetic) -> Result<[u8; 292]> {
    let (group, plain) = quantized(x, ScaleType::F32, arithmetic)?;
    let (scale, q) = match arithmetic.blocks {
        Blocks::Plain => (group.scale, plain),
        Blocks::Signed => signed(x, group, plain, Rounding::HalfEven)?,
        Blocks::SignedAway => signed(x, group, plain, Rounding::HalfAway)?,
    };
    let mut block = [0; 292];
    block[..4].copy_from_slice(&scale.to_le_bytes());
    block[4..260].copy_from_slice(&q.map(i8::cast_unsigned));
    for (sixteen, bytes) in q.chunks(16).zip(block[260..].chunks_mut(2)) {
        let sum = sixteen.iter().map(|&q| i16::from(q)).sum::<i16>();
        bytes.copy_from_slice(&sum.to_le_bytes());
    }
    Ok(block)
}

/// A group of int8.
fn quantized<T: Element, const N: usize>(
    x: &[T; N],
    scale_type: ScaleType,
    arithmetic: Arithmetic,
) -> Result<(Group, [i8; N])> {
    let scheme = Scheme::int8().with_scale_type(scale_type);
    arithmetic.check_blocks()?;
    let group = Group::of(x, scheme, arithmetic)?;
    let mut q = [0; N];
    group.quantize(x, arithmetic, &mut q);
    Ok((group, q))
}

/// The scale and the integers of a block whose scale has a sign.
fn signed<T: Element>(
    x: &[T; 256],
    group: Group,
    zeros: [i8; 256],
    rounding: Rounding,
) -> Result<(f32, [i8; 256])> {
    let mut max = 0.0;
    for x in x.map(widen) {
        if x.abs() > f32::abs(max) {
            max = x;
        }
    }
    if max == 0.0 {
        return Ok((group.scale, zeros));
    }
    let multiplier = -127.0 / max;
    if multiplier.is_infinite() {
        return Err(Error::ScaleUnderflow { set: 0, scale: group.step });
    }
    let q = x.map(|x| {
        let product = widen(x) * multiplier;
        integer(product.into(), rounding).clamp(-128, 127) as i8
    });
    Ok((1.0 / multiplier, q))
}

fn round_to_f16(number: f32) -> f32 {
    widen(narrow::<half::f16>(number))
}

fn f16_bytes(number: f32) -> [u8; 2] {
    narrow::<half::f16>(number).to_le_bytes()
}
