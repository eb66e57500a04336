//! Bad input is refused with the numbers that explain it, and nothing panics.

mod common;

use absmax::{
    Backend, Error, Params, QuantParams, QuantizedMut, Rows, RowsMut, ScaleType, Scheme, TensorView,
};
use half::{bf16, f16};

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    for backend in Backend::available() {
        for len in [1, 64, 65, 300, 200_000, 1_200_000] {
            for at in [0, len / 2, len - 1] {
                for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN] {
                    let mut x = vec![0.5; len];
                    x[at] = wild;
                    x[len - 1] = if at == len - 1 { wild } else { f32::NAN };
                    let error = backend.quantize_into(&x, &mut vec![0; len]).unwrap_err();
                    let Error::NotFinite { index, value } = error else { panic!("{error:?}") };
                    assert_eq!((index, value.to_bits()), (at, wild.to_bits()), "{}", backend.isa());
                }
            }
        }
    }
}

#[test]
fn also_in_rows_and_columns() {
    for backend in Backend::available() {
        for wild in [f32::NAN, f32::NEG_INFINITY] {
            for at in [0, 17, 100, 255, 2000, 3999] {
                let mut x = vec![-1.0; 4000];
                x[at] = wild;
                x[3999] = wild;
                for axis in [0, 1] {
                    let scheme = Scheme::int8().per_channel(axis);
                    let view = TensorView::new(&x, &[40, 100]).unwrap();
                    let error = backend.quantize_tensor(scheme, view).unwrap_err();
                    let Error::NotFinite { index, .. } = error else { panic!("{error:?}") };
                    assert_eq!(index, at, "{} axis {axis}", backend.isa());
                }
            }
        }
    }
}

#[test]
fn a_nan_beside_scales_that_are_divided_by() {
    // The scale is outside the proven range, and the NaN must be seen all the same.
    for backend in Backend::available() {
        let x = [3e38, f32::NAN, 1.0];
        let error = backend.quantize_into(&x, &mut [0; 3]).unwrap_err();
        assert!(matches!(error, Error::NotFinite { index: 1, .. }), "{}", backend.isa());
    }
}

#[test]
fn lengths_and_shapes() {
    let params = QuantParams::symmetric(1.0).unwrap();
    let mismatch = |what, expected, found| Error::LengthMismatch { what, expected, found };
    assert_eq!(absmax::quantize_into(&[1.0; 3], &mut [0; 2]), Err(mismatch("output", 3, 2)));
    assert_eq!(
        absmax::quantize_with_into(&[1.0; 3], params, &mut [0i8; 4]),
        Err(mismatch("output", 3, 4))
    );
    assert_eq!(
        absmax::dequantize_into(&[1i8; 3], params, &mut [0.0; 4]),
        Err(mismatch("output", 3, 4))
    );
    assert_eq!(
        TensorView::new(&[1.0; 4], &[2, 3]).unwrap_err(),
        Error::ShapeMismatch { expected: 6, found: 4 }
    );
    assert_eq!(TensorView::new(&[1.0], &[usize::MAX, 2]).unwrap_err(), Error::SizeOverflow);
    let empty = TensorView::<f32>::new(&[], &[usize::MAX, usize::MAX, 0]).unwrap();
    assert_eq!(
        Backend::best().quantize_tensor(Scheme::int8().per_channel(0), empty),
        Err(Error::SizeOverflow)
    );
    for axis in [2, -3, isize::MAX, isize::MIN] {
        let view = TensorView::new(&[1.0; 4], &[2, 2]).unwrap();
        assert_eq!(
            Backend::best().quantize_tensor(Scheme::int8().per_channel(axis), view),
            Err(Error::AxisOutOfRange { axis, rank: 2 })
        );
    }
}

#[test]
fn scales() {
    for scale in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY] {
        let error = QuantParams::symmetric(scale).unwrap_err();
        let Error::InvalidScale { scale: found } = error else { panic!("{error:?}") };
        assert_eq!(found.to_bits(), scale.to_bits());
    }
    for (min, max) in [(1.0, -1.0), (f32::NAN, 1.0), (0.0, f32::NAN), (0.0, f32::INFINITY)] {
        assert!(matches!(Scheme::int8().params(min, max), Err(Error::InvalidLimits { .. })));
    }
    // 65520 is the least magnitude that rounds to infinity in f16.
    let x = [1.0, 1.0, 65520.0 * 127.0, 1.0];
    let view = TensorView::new(&x, &[2, 2]).unwrap();
    for axis in [0, 1] {
        let scheme = Scheme::int8().per_channel(axis).with_scale_type(ScaleType::F16);
        let set = if axis == 0 { 1 } else { 0 };
        assert_eq!(
            Backend::best().quantize_tensor(scheme, view),
            Err(Error::ScaleOverflow {
                set,
                min: -65520.0 * 127.0,
                max: 65520.0 * 127.0,
                scale_type: ScaleType::F16
            })
        );
    }
}

#[test]
fn parameters_and_schemes() {
    let params = |zero_point, range| QuantParams::new(1.0, zero_point, range).map(|_| ());
    assert_eq!(params(0, -128..=127), Ok(()));
    assert_eq!(params(255, 0..=255), Ok(()));
    for (qmin, qmax) in [(-129, 0), (-1, 128), (0, 256), (5, 5), (7, 3), (i32::MIN, i32::MAX)] {
        assert_eq!(params(qmin, qmin..=qmax), Err(Error::InvalidRange { qmin, qmax }));
    }
    for zero_point in [-9, 8, i32::MIN, i32::MAX] {
        let error = Error::ZeroPointOutOfRange { zero_point, qmin: -8, qmax: 7 };
        assert_eq!(params(zero_point, -8..=7), Err(error));
    }
    let unsigned = QuantParams::new(1.0, 0, 0..=128).unwrap();
    let mismatch = |qmin, qmax, integer| Err(Error::IntegerMismatch { qmin, qmax, integer });
    assert_eq!(absmax::quantize_with_into(&[1.0], unsigned, &mut [0i8]), mismatch(0, 128, "i8"));
    let signed = QuantParams::symmetric(1.0).unwrap();
    assert_eq!(absmax::quantize_with_into(&[1.0], signed, &mut [0u8]), mismatch(-127, 127, "u8"));
    for bits in [0, 1, 9, 255] {
        assert_eq!(Scheme::int8().bits(bits), Err(Error::InvalidBits { bits }));
    }
    assert_eq!(Scheme::int8().per_group(0), Err(Error::InvalidGroupSize));
}

/// Buffers of a matrix whose sizes or types do not fit one another are refused before anything is
/// written.
#[test]
fn rows_and_outputs() {
    let mismatch = |what, expected, found| Error::LengthMismatch { what, expected, found };
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(Rows::new(&x, 2, 2).unwrap_err(), Error::ShapeMismatch { expected: 4, found: 5 });
    for rows in [usize::MAX, usize::MAX / 2 + 1] {
        assert_eq!(Rows::new(&x, rows, 2).unwrap_err(), Error::SizeOverflow);
        assert_eq!(Rows::strided(&x, rows, 2, 3).unwrap_err(), Error::SizeOverflow);
    }
    assert_eq!(
        Rows::strided(&x, 2, 3, 2).unwrap_err(),
        Error::InvalidRowStride { row_len: 3, row_stride: 2 }
    );
    let short = mismatch("data of strided rows", 6, 5);
    assert_eq!(Rows::strided(&x, 2, 2, 4).unwrap_err(), short);
    assert_eq!(RowsMut::strided(&mut [0i8; 5], 2, 2, 4).unwrap_err(), short);

    let backend = Backend::best();
    let x = Rows::strided(&x, 2, 2, 3).unwrap();
    let quantize = |scheme: Scheme, q: &mut [i8], [rows, row_len]: [usize; 2], scales: usize| {
        let mut scales = vec![7.0; scales];
        let out = QuantizedMut::new(RowsMut::new(q, rows, row_len).unwrap());
        let result = backend.quantize_rows(scheme, x, out.with_scales(&mut scales));
        if result.is_err() {
            assert!(scales.iter().all(|&scale| scale == 7.0) && q.iter().all(|&q| q == 99));
        }
        result
    };
    let int8 = Scheme::int8().per_channel(0);
    let q = &mut [99; 4];
    assert_eq!(quantize(int8, q, [1, 4], 2), Err(mismatch("rows of the output", 2, 1)));
    assert_eq!(quantize(int8, q, [4, 1], 2), Err(mismatch("rows of the output", 2, 4)));
    let six = &mut [99; 6];
    assert_eq!(quantize(int8, six, [2, 3], 2), Err(mismatch("a row of the output", 2, 3)));
    let (mut short, mut two) = ([99i8; 2], [7.0; 2]);
    let out = QuantizedMut::new(RowsMut::new(&mut short, 2, 1).unwrap()).with_scales(&mut two);
    let padded = backend.quantize_rows(int8, x, out.with_padding());
    assert_eq!(padded, Err(mismatch("a row of the output", 2, 1)));
    assert_eq!(quantize(int8, q, [2, 2], 1), Err(mismatch("scales", 2, 1)));
    assert_eq!(quantize(int8, q, [2, 2], 0), Err(mismatch("scales", 2, 0)));
    assert_eq!(quantize(int8.affine(), q, [2, 2], 2), Err(mismatch("zero points", 2, 0)));
    let unsigned = Error::IntegerMismatch { qmin: 0, qmax: 255, integer: "i8" };
    let axis = Error::AxisOutOfRange { axis: 2, rank: 2 };
    assert_eq!(quantize(int8.per_channel(2), q, [2, 2], 2), Err(axis));
    assert_eq!(quantize(int8, q, [2, 2], 2), Ok(()));

    let mut q = [99u8; 4];
    let (mut scales, mut zero_points) = ([f16::ONE; 2], [3i8; 2]);
    let uint8 = Scheme::uint8().per_channel(0);
    let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap());
    let out = out.with_scales(&mut scales).with_zero_points(&mut zero_points);
    assert_eq!(backend.quantize_rows(uint8, x, out), Err(unsigned));
    let mut narrow = [3u8; 2];
    let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap());
    let out = out.with_scales(&mut scales).with_zero_points(&mut narrow);
    let (scheme, buffer) = (ScaleType::Bf16, ScaleType::F16);
    assert_eq!(
        backend.quantize_rows(uint8.with_scale_type(scheme), x, out),
        Err(Error::ScaleTypeMismatch { scheme, buffer })
    );
    // A symmetric scheme has no zero points.
    let (mut wide, mut none, mut signed) = ([0.0; 2], [3i32; 2], [99i8; 4]);
    let out = QuantizedMut::new(RowsMut::new(&mut signed, 2, 2).unwrap());
    let out = out.with_scales(&mut wide).with_zero_points(&mut none);
    assert_eq!(backend.quantize_rows(int8, x, out), Err(mismatch("zero points", 0, 2)));
    assert_eq!((wide, none, signed), ([0.0; 2], [3; 2], [99; 4]));
    let mut gaps = [0i8; 5];
    let view = TensorView::new(&[1.0; 4], &[2, 2]).unwrap();
    let out = QuantizedMut::new(RowsMut::strided(&mut gaps, 2, 2, 3).unwrap());
    assert_eq!(
        backend.quantize_tensor_into(int8, view, out.with_scales(&mut [0.0; 2])),
        Err(Error::InvalidRowStride { row_len: 2, row_stride: 3 })
    );
    assert_eq!((q, scales, zero_points, narrow), ([99; 4], [f16::ONE; 2], [3; 2], [3; 2]));
    assert_eq!(gaps, [0; 5]);
}

/// Sums need a place for each set, and are refused where they might overflow.
#[test]
fn sums() {
    let backend = Backend::best();
    let mismatch = |what, expected, found| Err(Error::LengthMismatch { what, expected, found });
    let x = Rows::new(&[1.0, 2.0, 3.0, 4.0], 2, 2).unwrap();
    let int8 = Scheme::int8().per_channel(0);
    let (mut q, mut scales) = ([99i8; 4], [7.0; 2]);
    let (mut sums, mut scaled) = ([5; 3], [5.0; 1]);
    let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap());
    let out = out.with_scales(&mut scales).with_sums(&mut sums);
    assert_eq!(backend.quantize_rows(int8, x, out), mismatch("sums", 2, 3));
    let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap());
    let out = out.with_scales(&mut scales).with_sums(&mut []);
    assert_eq!(backend.quantize_rows(int8, x, out), mismatch("sums", 2, 0));
    let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap()).with_scaled_sums(&mut scaled);
    let params = Params::new(&[1.0f32; 2]);
    let given = backend.quantize_rows_with(int8, x, params, out);
    assert_eq!(given, mismatch("scaled sums", 2, 1));
    assert_eq!((q, scales, sums, scaled), ([99; 4], [7.0; 2], [5; 3], [5.0; 1]));

    // 255 times so many are the largest i32, or one more integer is too many.
    let limit = i32::MAX as usize / 255;
    let x = vec![bf16::ONE; limit + 1];
    let (mut q, mut sum) = (vec![0u8; limit + 1], [0]);
    let (mut scale, mut zero_point) = ([0.0], [0]);
    let mut add = |values: usize| {
        let q = RowsMut::new(&mut q[..values], 1, values).unwrap();
        let out = QuantizedMut::new(q).with_scales(&mut scale).with_zero_points(&mut zero_point);
        let x = Rows::new(&x[..values], 1, values).unwrap();
        backend.quantize_rows(Scheme::uint8(), x, out.with_sums(&mut sum))
    };
    assert_eq!(add(limit + 1), Err(Error::SumOverflow { values: limit + 1, limit }));
    assert_eq!(add(limit), Ok(()));
    assert_eq!(sum, [i32::MAX / 255 * 255]);
}

/// Parameters that are given are looked at before anything is written: which of them is wrong is said.
#[test]
fn given_parameters() {
    let backend = Backend::best();
    let x = Rows::new(&[1.0, 2.0, 3.0, 4.0], 2, 2).unwrap();
    let given = |scheme: Scheme, params: Params<'_>| {
        let (mut q, mut y) = ([99i8; 4], [7.0; 4]);
        let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap());
        let quantized = backend.quantize_rows_with(scheme, x, params, out);
        let from = Rows::new(&[1i8; 4], 2, 2).unwrap();
        let to = RowsMut::new(&mut y, 2, 2).unwrap();
        assert_eq!(backend.dequantize_rows(scheme, from, params, to).is_ok(), quantized.is_ok());
        if quantized.is_err() {
            assert_eq!((q, y), ([99; 4], [7.0; 4]));
        }
        quantized
    };
    let int4 = Scheme::int4().per_channel(0);
    let affine = int4.affine();
    let mismatch = |what, expected, found| Err(Error::LengthMismatch { what, expected, found });
    assert_eq!(given(int4, Params::new(&[1.0; 3])), mismatch("scales", 2, 3));
    let params = Params::new(&[1.0; 2]).with_zero_points(&[0i8; 1]);
    assert_eq!(given(affine, params), mismatch("zero points", 2, 1));
    for scale in [0.0, -1.0, f32::INFINITY, f32::NEG_INFINITY] {
        let error = Error::InvalidParams { set: 1, scale, zero_point: 0, qmin: 0, qmax: 0 };
        assert_eq!(given(int4, Params::new(&[1.0, scale])), Err(error));
    }
    let nan = given(int4, Params::new(&[bf16::ONE, bf16::NAN])).unwrap_err();
    assert!(matches!(nan, Error::InvalidParams { set: 1, scale, .. } if scale.is_nan()));
    let mixed = Params::new(&[1.0; 2]).with_zero_points(&[0u8; 2]);
    assert_eq!(
        given(affine, mixed),
        Err(Error::IntegerMismatch { qmin: -8, qmax: 7, integer: "u8" })
    );
    assert_eq!(given(int4, Params::new(&[1.0; 2]).with_zero_points::<u8>(&[])), Ok(()));
    for zero_point in [-9, 8, 300] {
        let zero_points = [0, zero_point];
        let error = Error::InvalidParams { set: 1, scale: 1.0, zero_point, qmin: -8, qmax: 7 };
        let params = Params::new(&[f16::ONE; 2]).with_zero_points(&zero_points);
        assert_eq!(given(affine, params), Err(error));
    }
    let params = Params::new(&[1.0; 2]).with_zero_points(&[0i8, 1]);
    let symmetric = Error::InvalidParams { set: 1, scale: 1.0, zero_point: 1, qmin: 0, qmax: 0 };
    assert_eq!(given(int4, params), Err(symmetric));
    assert_eq!(given(affine, params), Ok(()));
    assert_eq!(given(int4, Params::new(&[0.5f32; 2])), Ok(()));
}

#[test]
fn messages_carry_the_numbers() {
    let text = |error: Error| error.to_string();
    assert_eq!(
        text(Error::LengthMismatch { what: "output", expected: 3, found: 2 }),
        "output: 3 expected, 2 found"
    );
    assert_eq!(
        text(Error::InvalidParams { set: 1, scale: 1.0, zero_point: 3, qmin: 0, qmax: 0 }),
        "set 1 has scale 1.0 and zero point 3: the scale has to be finite and above 0, the zero point 0"
    );
    assert_eq!(
        text(Error::SumOverflow { values: 20_000_000, limit: 16_909_320 }),
        "the sum of 20000000 integers may overflow i32: at most 16909320 are added up"
    );
    assert_eq!(
        text(Error::AxisOutOfRange { axis: -3, rank: 2 }),
        "axis -3 is out of range for a tensor of 2 dimensions"
    );
    assert_eq!(
        text(Error::ScaleOverflow { set: 4, min: -1e7, max: 1e7, scale_type: ScaleType::F16 }),
        "set 4 has values from -10000000.0 to 10000000.0: their scale overflows f16"
    );
}

/// A tensor that lost its zero points has other values, and says so.
#[test]
fn a_tensor_without_its_zero_points() {
    let x = [1.0, -2.0, 3.0, 4.0, 5.0, 6.0];
    let tensor = TensorView::new(&x, &[2, 3]).unwrap();
    for (scheme, scales) in [(Scheme::int8().affine(), 1), (Scheme::uint8().per_channel(0), 2)] {
        let mut quantized = Backend::best().quantize_tensor(scheme, tensor).unwrap();
        quantized.zero_points.clear();
        let (what, expected) = ("zero points", scales);
        assert_eq!(quantized.dequantize(), Err(Error::LengthMismatch { what, expected, found: 0 }));
    }
}
