//! Bad input is refused with the numbers that explain it, and nothing panics.

mod common;

use absmax::{Backend, Error, QuantParams, Quantizer, ScaleType, Scheme, TensorView};

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
                    let quantizer = Quantizer::new(Scheme::int8().per_channel(axis));
                    let view = TensorView::new(&x, &[40, 100]).unwrap();
                    let error = quantizer.backend(backend).quantize(view).unwrap_err();
                    let Error::NotFinite { index, .. } = error else { panic!("{error:?}") };
                    assert_eq!(index, at, "{} axis {axis}", backend.isa());
                }
                let (mut q, mut scales) = (vec![0; 4000], vec![0.0; 40]);
                let error = backend.quantize_rows_into(&x, 100, &mut q, &mut scales).unwrap_err();
                assert!(matches!(error, Error::NotFinite { index, .. } if index == at));
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
        absmax::quantize_with(&[1.0; 3], params, &mut [0i8; 4]),
        Err(mismatch("output", 3, 4))
    );
    assert_eq!(
        absmax::dequantize_into(&[1i8; 3], params, &mut [0.0; 4]),
        Err(mismatch("output", 3, 4))
    );
    let backend = Backend::best();
    let mut scales = [0.0; 2];
    assert_eq!(
        backend.quantize_rows_into(&[1.0; 5], 2, &mut [0; 4], &mut scales),
        Err(mismatch("input", 4, 5))
    );
    assert_eq!(
        backend.quantize_rows_into(&[1.0; 4], usize::MAX, &mut [0; 4], &mut scales),
        Err(Error::SizeOverflow)
    );
    assert_eq!(backend.quantize_rows_into::<f32>(&[], 0, &mut [], &mut scales), Ok(()));
    assert_eq!(
        TensorView::new(&[1.0; 4], &[2, 3]).unwrap_err(),
        Error::ShapeMismatch { expected: 6, found: 4 }
    );
    assert_eq!(TensorView::new(&[1.0], &[usize::MAX, 2]).unwrap_err(), Error::SizeOverflow);
    let empty = TensorView::<f32>::new(&[], &[usize::MAX, usize::MAX, 0]).unwrap();
    assert_eq!(
        Quantizer::new(Scheme::int8().per_channel(0)).quantize(empty),
        Err(Error::SizeOverflow)
    );
    for axis in [2, -3, isize::MAX, isize::MIN] {
        let view = TensorView::new(&[1.0; 4], &[2, 2]).unwrap();
        assert_eq!(
            Quantizer::new(Scheme::int8().per_channel(axis)).quantize(view),
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
        let scheme = Scheme::int8().per_channel(axis).scale_type(ScaleType::F16);
        let set = if axis == 0 { 1 } else { 0 };
        assert_eq!(
            Quantizer::new(scheme).quantize(view),
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
    assert_eq!(absmax::quantize_with(&[1.0], unsigned, &mut [0i8]), mismatch(0, 128, "i8"));
    let signed = QuantParams::symmetric(1.0).unwrap();
    assert_eq!(absmax::quantize_with(&[1.0], signed, &mut [0u8]), mismatch(-127, 127, "u8"));
    for bits in [0, 1, 9, 255] {
        assert_eq!(Scheme::int8().bits(bits), Err(Error::InvalidBits { bits }));
    }
    assert_eq!(Scheme::int8().per_group(0), Err(Error::InvalidGroupSize));
    let view = TensorView::new(&[1.0], &[1]).unwrap();
    let (mut scales, mut zero_points) = ([0.0], [0]);
    let uint8 = Quantizer::new(Scheme::uint8());
    assert_eq!(
        uint8.quantize_into(view, &mut [0i8], &mut scales, &mut zero_points),
        mismatch(0, 255, "i8")
    );
    assert_eq!(
        uint8.quantize_into(view, &mut [0u8], &mut scales, &mut []),
        Err(Error::LengthMismatch { what: "zero points", expected: 1, found: 0 })
    );
}

#[test]
fn messages_carry_the_numbers() {
    let text = |error: Error| error.to_string();
    assert_eq!(
        text(Error::LengthMismatch { what: "output", expected: 3, found: 2 }),
        "output has 2 elements where 3 are needed"
    );
    assert_eq!(
        text(Error::AxisOutOfRange { axis: -3, rank: 2 }),
        "axis -3 is out of range for a tensor of 2 dimensions"
    );
    assert_eq!(
        text(Error::ScaleOverflow { set: 4, min: -1e7, max: 1e7, scale_type: ScaleType::F16 }),
        "the scale for values from -10000000 to 10000000, number 4, overflows f16"
    );
}
