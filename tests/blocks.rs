//! The blocks of ggml by every backend, held against the reference.

use absmax::arithmetic::Blocks;
use absmax::{Arithmetic, Backend, Element, Error, Result, Rows, RowsMut, reference};
use half::{bf16, f16};

/// A kind of block: the reference of one block, and the operation on rows.
trait Kind<const N: usize, const SIZE: usize> {
    fn reference<T: Element>(x: &[T; N], arithmetic: Arithmetic) -> Result<[u8; SIZE]>;
    fn quantize<T: Element>(
        backend: Backend,
        arithmetic: Arithmetic,
        x: Rows<'_, T>,
        blocks: RowsMut<'_, [u8; SIZE]>,
    ) -> Result<()>;
}

macro_rules! kind {
    ($name:ident, $len:literal, $size:literal, $reference:ident, $quantize:ident) => {
        struct $name;

        impl Kind<$len, $size> for $name {
            fn reference<T: Element>(x: &[T; $len], by: Arithmetic) -> Result<[u8; $size]> {
                reference::$reference(x, by)
            }

            fn quantize<T: Element>(
                backend: Backend,
                by: Arithmetic,
                x: Rows<'_, T>,
                blocks: RowsMut<'_, [u8; $size]>,
            ) -> Result<()> {
                backend.by(by).$quantize(x, blocks)
            }
        }
    };
}

kind!(Q8_0, 32, 34, q8_0, quantize_q8_0);
kind!(Q8_1, 32, 36, q8_1, quantize_q8_1);
kind!(Q8K, 256, 292, q8_k, quantize_q8_k);

/// The arithmetics that have blocks.
fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    let presets = Arithmetic::PRESETS.into_iter().map(|(_, preset)| preset);
    let have = presets.filter(|by| by.check_blocks().is_ok());
    let exact = Arithmetic { blocks: Blocks::Signed, ..Arithmetic::exact() };
    have.chain([exact])
}

/// The reference of all blocks, or the error of the first block that has one.
fn expected<K: Kind<N, SIZE>, T: Element, const N: usize, const SIZE: usize>(
    x: &[T],
    arithmetic: Arithmetic,
) -> std::result::Result<Vec<[u8; SIZE]>, (usize, Error)> {
    let blocks = x.as_chunks::<N>().0.iter().enumerate();
    blocks.map(|(i, x)| K::reference(x, arithmetic).map_err(|error| (i, error))).collect()
}

/// Every backend gives the answer of the reference. Returns whether there was one.
fn agree<K: Kind<N, SIZE>, T: Element, const N: usize, const SIZE: usize>(
    x: &[T],
    [rows, gap]: [usize; 2],
    arithmetic: Arithmetic,
) -> bool {
    let expected = expected::<K, T, N, SIZE>(x, arithmetic);
    let (row_len, blocks) = (x.len() / rows, x.len() / rows / N);
    let stride = row_len + gap;
    let mut strided = vec![T::from_f32(f32::NAN); rows * stride];
    for (to, from) in strided.chunks_mut(stride).zip(x.chunks(row_len)) {
        to[..row_len].copy_from_slice(from);
    }
    for backend in Backend::available() {
        let mut to = vec![[0xa5; SIZE]; rows * (blocks + gap)];
        let found = K::quantize(
            backend,
            arithmetic,
            Rows::strided(&strided, rows, row_len, stride).unwrap(),
            RowsMut::strided(&mut to, rows, blocks, blocks + gap).unwrap(),
        );
        let what = format!("{} {} q8 of {SIZE} bytes {arithmetic:?}", backend.isa(), T::NAME);
        match (&expected, found) {
            (Ok(expected), Ok(())) => {
                for (i, row) in to.chunks(blocks + gap).enumerate() {
                    assert!(row[..blocks] == expected[i * blocks..][..blocks], "{what}: row {i}");
                    assert!(row[blocks..].iter().all(|block| *block == [0xa5; SIZE]), "{what}");
                }
            }
            (Err((block, error)), Err(found)) => {
                let (first, set) = (block / blocks * stride + block % blocks * N, *block);
                let expected = match *error {
                    Error::NotFinite { index, value } => {
                        let index = first + index;
                        assert!(matches!(found, Error::NotFinite { index: i, .. } if i == index));
                        let Error::NotFinite { value: v, .. } = found else { unreachable!() };
                        assert!(v == value || v.is_nan() && value.is_nan(), "{what}");
                        continue;
                    }
                    Error::ScaleUnderflow { scale, .. } => Error::ScaleUnderflow { set, scale },
                    Error::ScaleOverflow { min, max, scale_type, .. } => {
                        Error::ScaleOverflow { set, min, max, scale_type }
                    }
                    error => error,
                };
                assert_eq!(found, expected, "{what}");
            }
            (expected, found) => panic!("{what}: {expected:?}\n{found:?}"),
        }
    }
    expected.is_ok()
}

/// Values of blocks of many kinds: zeros, ties, one large value of either sign, subnormals.
fn values(random: &mut fastrand::Rng, blocks: usize, len: usize) -> Vec<f32> {
    let mut x = Vec::new();
    for _ in 0..blocks {
        let unit = 2f32.powi(random.i32(-24..2));
        let kind = random.u8(0..8);
        let peak = random.usize(0..len);
        x.extend((0..len).map(|i| match kind {
            0 => 0.0,
            1 => (i % 255) as f32 * 0.5 - 63.5,
            2 if i == peak => 127.0 * unit,
            3 if i == peak => -127.0 * unit,
            2 | 3 => (random.i32(-254..=254) as f32) * 0.5 * unit,
            4 => {
                if random.bool() {
                    unit
                } else {
                    -unit
                }
            }
            _ => (random.f32() - 0.5) * unit,
        }));
    }
    x
}

fn kind_agrees<K: Kind<N, SIZE>, const N: usize, const SIZE: usize>() {
    let mut random = fastrand::Rng::with_seed(21);
    let (mut answers, mut errors) = (0, 0);
    for turn in 0..40 {
        for arithmetic in arithmetics() {
            let (rows, gap) = if turn % 2 == 0 { (1, 0) } else { (random.usize(1..4), 1) };
            let blocks = random.usize(1..if turn % 8 == 0 { 200 } else { 40 });
            let mut x = values(&mut random, rows * blocks, N);
            match turn % 10 {
                // Something that has no answer, and sometimes two of them.
                3 => x[random.usize(0..rows * blocks * N)] = f32::INFINITY,
                5 => x[random.usize(0..rows * blocks * N)] = 1e10,
                6 => x[random.usize(0..rows * blocks) * N..][..N].fill(1e-42),
                7 => {
                    x[random.usize(0..rows * blocks) * N..][..N].fill(65504.0);
                    x[random.usize(0..rows * blocks * N)] = f32::NAN;
                }
                _ => {}
            }
            let half = x.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>();
            let brain = x.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>();
            for agreed in [
                agree::<K, f32, N, SIZE>(&x, [rows, gap], arithmetic),
                agree::<K, f16, N, SIZE>(&half, [rows, gap], arithmetic),
                agree::<K, bf16, N, SIZE>(&brain, [rows, gap], arithmetic),
            ] {
                if agreed { answers += 1 } else { errors += 1 }
            }
        }
    }
    assert!(answers > 200 && errors > 60, "{answers} answers, {errors} errors");
}

#[test]
fn q8_0_is_that_of_the_reference() {
    kind_agrees::<Q8_0, 32, 34>();
}

#[test]
fn q8_1_is_that_of_the_reference() {
    kind_agrees::<Q8_1, 32, 36>();
}

#[test]
fn q8_k_is_that_of_the_reference() {
    kind_agrees::<Q8K, 256, 292>();
}

/// More values than one thread takes at a time, with failures in two chunks.
#[test]
fn long_rows_are_those_of_the_reference() {
    let mut random = fastrand::Rng::with_seed(22);
    let mut x: Vec<f32> = (0..32 * 20_000).map(|_| random.f32() - 0.5).collect();
    for arithmetic in arithmetics() {
        assert!(agree::<Q8_0, f32, 32, 34>(&x, [1, 0], arithmetic));
        assert!(agree::<Q8_1, f32, 32, 36>(&x, [1, 0], arithmetic));
        assert!(agree::<Q8K, f32, 256, 292>(&x, [1, 0], arithmetic));
    }
    (x[600_000], x[400_001]) = (f32::NAN, f32::INFINITY);
    assert!(!agree::<Q8_0, f32, 32, 34>(&x, [1, 0], Arithmetic::ggml()));
}

#[test]
fn what_are_not_whole_blocks_is_refused() {
    let (x, mut blocks) = ([0.0f32; 80], [[7u8; 34]; 2]);
    let by = Backend::best().by(Arithmetic::ggml());
    let error = by
        .quantize_q8_0(Rows::new(&x, 2, 40).unwrap(), RowsMut::new(&mut blocks, 2, 1).unwrap())
        .unwrap_err();
    assert_eq!(error, Error::PartialBlock { row_len: 40, block: 32 });
    let error = by
        .quantize_q8_0(
            Rows::new(&x[..64], 1, 64).unwrap(),
            RowsMut::new(&mut blocks, 2, 1).unwrap(),
        )
        .unwrap_err();
    assert!(matches!(error, Error::LengthMismatch { expected: 1, found: 2, .. }), "{error}");
    let error = Backend::best()
        .by(Arithmetic::torch())
        .quantize_q8_0(
            Rows::new(&x[..64], 1, 64).unwrap(),
            RowsMut::new(&mut blocks, 1, 2).unwrap(),
        )
        .unwrap_err();
    assert!(matches!(error, Error::ArithmeticMismatch { arithmetic: "torch", .. }), "{error}");
    assert_eq!(blocks, [[7; 34]; 2]);
}
