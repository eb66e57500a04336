//! Does on several threads everything that is done to values.

use absmax::{Error, QuantParams, Result, Scheme, reference};
use fastrand::Rng;
use rayon::prelude::*;

use super::task::{LEN, PLANES, ROWS, Task};
use crate::compare::{Board, Placed};
use crate::expected::{self, Errors, Quantized};
use crate::inputs::{Byte, Input, Matrix, Stored, both_ranges, in_groups, painted, params, within};

const SCALE: f32 = 0.1;

/// The places of values that are not finite, in different chunks. Whichever thread is first, the
/// error has to name the first value.
const BAD: [usize; 3] = [LEN / 3, LEN / 2, LEN - 1];

/// Tensors of signed integers in columns, in slices and as a whole. Groups are added to these.
const SIGNED: [(&[usize], Scheme); 4] = [
    (&ROWS, Scheme::int8().per_channel(1)),
    (&PLANES, Scheme::int8().per_channel(1)),
    (&PLANES, Scheme::int8().affine().per_channel(-1)),
    (&ROWS, Scheme::int8().affine()),
];

/// Tensors of unsigned integers in columns, slices and rows. Groups are added to these.
const UNSIGNED: [(&[usize], Scheme); 3] = [
    (&ROWS, Scheme::uint8().per_channel(1)),
    (&PLANES, Scheme::uint8().per_channel(-2)),
    (&ROWS, Scheme::uint4().per_channel(0)),
];

/// Values, and what the reference makes of them.
pub(super) struct Values<T> {
    any: Vec<T>,
    abs_max: f32,
    min_max: Option<(f32, f32)>,
    int8: [ByParams<i8, T>; 2],
    uint8: ByParams<u8, T>,
    finite: Vec<T>,
    near: Vec<f32>,
    errors: Errors,
    own: Result<Quantized<i8>>,
    rows: Result<Quantized<i8>>,
    signed: Vec<Tensor<i8, T>>,
    unsigned: Vec<Tensor<u8, T>>,
    bad: Vec<T>,
}

/// Values quantized by the caller's parameters.
struct ByParams<Q, T> {
    params: QuantParams,
    q: Vec<Q>,
    dequantized: Vec<T>,
}

/// A tensor quantized by parameters of its own.
struct Tensor<Q, T> {
    shape: &'static [usize],
    scheme: Scheme,
    quantized: Result<Quantized<Q>>,
    dequantized: Vec<T>,
}

impl<T: Input> Values<T> {
    pub(super) fn new() -> Self {
        let random = &mut Rng::with_seed(6);
        let int8 = both_ranges(SCALE);
        let any: Vec<T> = painted(random, LEN, int8[0], 1000);
        let finite: Vec<T> = within(random, LEN, T::of(12.7), Scheme::int8());
        let near: Vec<f32> = finite.iter().map(|x| x.wide() + random.f32() - 0.5).collect();
        let mut bad = finite.clone();
        for (i, place) in BAD.into_iter().enumerate() {
            bad[place] = T::from_bits(T::WILD[i]);
        }
        let groups = |scheme, size| (&ROWS[..], in_groups(scheme, size));
        let signed = SIGNED.into_iter().chain([groups(Scheme::int4(), 32)]);
        let unsigned = UNSIGNED.into_iter().chain([groups(Scheme::uint4(), 100)]);
        Self {
            abs_max: reference::abs_max(&any),
            min_max: reference::min_max(&any),
            int8: int8.map(|params| ByParams::new(&any, params)),
            uint8: ByParams::new(&any, params(SCALE, (131, 0, 255))),
            errors: expected::errors(&finite, &near),
            own: expected::quantize(&finite),
            rows: expected::quantize_tensor(&finite, &ROWS, Scheme::int8().per_channel(0)),
            signed: tensors(&finite, signed),
            unsigned: tensors(&finite, unsigned),
            any,
            finite,
            near,
            bad,
        }
    }
}

impl<T: Input, Q: Byte> ByParams<Q, T> {
    fn new(x: &[T], params: QuantParams) -> Self {
        let q = expected::quantize_with(x, params);
        let dequantized = expected::dequantize(&q, params);
        Self { params, q, dequantized }
    }

    fn compare(&self, board: &mut Board, x: &Placed<T>) {
        let Self { params, q, dequantized } = self;
        board.quantize_with(x, *params, q);
        board.fake_quantize_into(x, *params, dequantized);
        board.dequantize_into(&Placed::new(q, x.offset(), Q::UNTOUCHED), *params, dequantized);
    }
}

/// What all these schemes make of a tensor, computed on all threads.
fn tensors<T: Input, Q: Byte>(
    x: &[T],
    schemes: impl Iterator<Item = (&'static [usize], Scheme)>,
) -> Vec<Tensor<Q, T>> {
    let schemes: Vec<(&[usize], Scheme)> = schemes.collect();
    let tensor = |(shape, scheme)| {
        let quantized = expected::quantize_tensor(x, shape, scheme);
        let back = |quantized| expected::dequantize_tensor(quantized, shape, scheme);
        let dequantized = quantized.as_ref().map(back).unwrap_or_default();
        Tensor { shape, scheme, quantized, dequantized }
    };
    schemes.into_par_iter().map(tensor).collect()
}

impl<T: Input, Q: Byte> Tensor<Q, T> {
    fn compare(&self, board: &mut Board, finite: &Placed<T>, bad: &Placed<T>) {
        let Self { shape, scheme, quantized, dequantized } = self;
        board.quantize_tensor(finite, shape, *scheme, quantized);
        board.quantize_tensor::<T, Q>(bad, shape, *scheme, &Err(first(bad)));
        if let Ok(quantized) = quantized {
            board.dequantize_tensor(quantized, shape, *scheme, dequantized);
        }
    }
}

impl<T: Input> Task for Values<T> {
    fn compare(&self, board: &mut Board, offset: usize) {
        let placed = |values: &[T]| Placed::new(values, offset, T::from_bits(T::WILD[6]));
        let x = placed(&self.any);
        board.abs_max(&x, self.abs_max);
        board.min_max(&x, self.min_max);
        self.int8.iter().for_each(|by_params| by_params.compare(board, &x));
        self.uint8.compare(board, &x);

        let x = placed(&self.finite);
        board.error_stats(&x, &Placed::new(&self.near, offset, f32::NAN), self.errors);
        board.quantize_into(&x, &self.own);
        let rows = (Matrix::gapless(ROWS), Scheme::int8().per_channel(0), Stored::WIDE);
        board.quantize_rows(&x, rows, &self.rows);

        let bad = placed(&self.bad);
        board.quantize_into(&bad, &Err(first(&bad)));
        board.quantize_rows::<T, i8>(&bad, rows, &Err(first(&bad)));
        self.signed.iter().for_each(|tensor| tensor.compare(board, &x, &bad));
        self.unsigned.iter().for_each(|tensor| tensor.compare(board, &x, &bad));
    }
}

/// The error that names the first value that is not finite.
fn first<T: Input>(bad: &[T]) -> Error {
    let index = BAD[0];
    Error::NotFinite { index, value: bad[index].wide() }
}
