//! A product of u8 activations and i8 weights, as VNNI computes it, from what one call of absmax writes for
//! each operand: integers in padded rows, and their sums.
//!
//! The activations are symmetric with an offset, u = q + 128. The weights are affine, with a zero point z
//! for each row. Where the products of K padded columns are
//!
//! ```text
//! sum of (u - 128) * (w - z) = (sum of u * w) - 128 * (sum of w) - z * (sum of u) + 128 * z * K
//! ```
//!
//! only the sum of u * w takes every pair. The instruction `vpdpbusd` adds four such products to each lane
//! and does not saturate.
//!
//!     cargo run --release --example offset_product

use absmax::{Backend, QuantizedMut, Result, Rows, RowsMut, Scheme};

const TOKENS: usize = 5;
const OUTPUTS: usize = 48;
const INPUTS: usize = 1000;

/// The sum of u * w over padded rows.
type Dot = fn(&[u8], &[i8]) -> i32;

/// Columns in whole vectors of 64 bytes.
const PADDED: usize = INPUTS.next_multiple_of(64);

/// Padded rows of integers, and for each row a scale, a zero point and the sum of the integers.
struct Operand<Q> {
    q: Vec<Q>,
    scales: Vec<f32>,
    zero_points: Vec<i32>,
    sums: Vec<i32>,
}

fn activations(x: &[f32]) -> Result<Operand<u8>> {
    let scheme = Scheme::int8().with_offset().per_channel(0);
    let (mut q, mut scales) = (vec![0; TOKENS * PADDED], vec![0.0; TOKENS]);
    let mut sums = vec![0; TOKENS];
    let out = QuantizedMut::new(RowsMut::new(&mut q, TOKENS, PADDED)?)
        .with_padding()
        .with_scales(&mut scales)
        .with_sums(&mut sums);
    Backend::best().quantize_rows(scheme, Rows::new(x, TOKENS, INPUTS)?, out)?;
    Ok(Operand { q, scales, zero_points: vec![scheme.offset(); TOKENS], sums })
}

fn weights(w: &[f32]) -> Result<Operand<i8>> {
    let scheme = Scheme::int8().affine().per_channel(0);
    let (mut q, mut scales) = (vec![0; OUTPUTS * PADDED], vec![0.0; OUTPUTS]);
    let (mut zero_points, mut sums) = (vec![0; OUTPUTS], vec![0; OUTPUTS]);
    let out = QuantizedMut::new(RowsMut::new(&mut q, OUTPUTS, PADDED)?)
        .with_padding()
        .with_scales(&mut scales)
        .with_zero_points(&mut zero_points)
        .with_sums(&mut sums);
    Backend::best().quantize_rows(scheme, Rows::new(w, OUTPUTS, INPUTS)?, out)?;
    Ok(Operand { q, scales, zero_points, sums })
}

/// The sum of u * w, in portable code.
fn portable(u: &[u8], w: &[i8]) -> i32 {
    u.iter().zip(w).map(|(&u, &w)| i32::from(u) * i32::from(w)).sum()
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::*;

    /// The sum of u * w, of rows that are whole vectors.
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn dot(u: &[u8], w: &[i8]) -> i32 {
        let mut sums = _mm512_setzero_si512();
        for (u, w) in u.as_chunks::<64>().0.iter().zip(w.as_chunks::<64>().0) {
            sums = _mm512_dpbusd_epi32(sums, bytemuck::must_cast(*u), bytemuck::must_cast(*w));
        }
        _mm512_reduce_add_epi32(sums)
    }

    /// [`dot`], if the CPU has it.
    #[allow(unsafe_code, reason = "the instructions are enabled for one function")]
    pub(super) fn detected() -> Option<super::Dot> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
        // SAFETY: the CPU has just been asked for both features.
        has.then_some(|u, w| unsafe { dot(u, w) })
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod vnni {
    pub(super) fn detected() -> Option<super::Dot> {
        None
    }
}

/// The product of token `t` and output `o`, by a function that sums u * w.
fn product([t, o]: [usize; 2], x: &Operand<u8>, w: &Operand<i8>, dot: Dot) -> i32 {
    let (u, offset) = (&x.q[t * PADDED..][..PADDED], x.zero_points[t]);
    let (row, zero_point) = (&w.q[o * PADDED..][..PADDED], w.zero_points[o]);
    // The padding is what stands for 0, and belongs to no sum: it is added here.
    let padding = (PADDED - INPUTS) as i32;
    let sum_u = x.sums[t] + padding * offset;
    let sum_w = w.sums[o] + padding * zero_point;
    dot(u, row) - offset * sum_w - zero_point * sum_u + offset * zero_point * PADDED as i32
}

/// The same from the unpacked operands, value by value.
fn plain([t, o]: [usize; 2], x: &Operand<u8>, w: &Operand<i8>) -> i32 {
    (0..INPUTS)
        .map(|i| {
            let u = i32::from(x.q[t * PADDED + i]) - x.zero_points[t];
            let w = i32::from(w.q[o * PADDED + i]) - w.zero_points[o];
            u * w
        })
        .sum()
}

fn main() -> Result<()> {
    let x: Vec<f32> = (0..TOKENS * INPUTS).map(|i| (i as f32 * 0.61).sin() * 3.0).collect();
    let w: Vec<f32> =
        (0..OUTPUTS * INPUTS).map(|i| (i as f32 * 0.37).cos() * 0.05 + 0.02).collect();
    let (qx, qw) = (activations(&x)?, weights(&w)?);
    let vnni = vnni::detected();
    let mut largest_error = 0f32;
    for at @ [t, o] in (0..TOKENS).flat_map(|t| (0..OUTPUTS).map(move |o| [t, o])) {
        let expected = plain(at, &qx, &qw);
        assert_eq!(product(at, &qx, &qw, portable), expected);
        if let Some(dot) = vnni {
            assert_eq!(product(at, &qx, &qw, dot), expected);
        }
        let exact: f32 =
            x[t * INPUTS..][..INPUTS].iter().zip(&w[o * INPUTS..]).map(|(x, w)| x * w).sum();
        let error = (expected as f32 * (qx.scales[t] * qw.scales[o]) - exact).abs();
        if error > largest_error {
            largest_error = error;
        }
    }
    let by = if vnni.is_some() {
        "portable code and VNNI"
    } else {
        "portable code; this CPU has no VNNI"
    };
    println!(
        "{TOKENS} x {OUTPUTS} products of {INPUTS} values, by {by}: equal to the integer products"
    );
    println!("the largest error beside the products of the floats is {largest_error:.4}");
    Ok(())
}
