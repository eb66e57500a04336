//! One scale per tensor, per channel along any axis: each is the definition applied to its values.

mod common;

use absmax::{
    Backend, Error, QuantParams, Quantizer, Range, ScaleType, Scheme, TensorView, reference,
};
use common::{FromF32, Random};
use half::{bf16, f16};

/// Row-major index to the index along `axis`.
fn channel_of(index: usize, shape: &[usize], axis: usize) -> usize {
    index / shape[axis + 1..].iter().product::<usize>() % shape[axis]
}

fn check<T: FromF32>(shape: &[usize], random: &mut Random) {
    let len: usize = shape.iter().product();
    let x: Vec<T> = (0..len).map(|_| T::from_f32(random.unit() * random.unit())).collect();
    let view = TensorView::new(&x, shape).unwrap();
    for axis in 0..shape.len() {
        for (range, scale_type) in [
            (Range::Narrow, ScaleType::F32),
            (Range::Full, ScaleType::F32),
            (Range::Narrow, ScaleType::Bf16),
            (Range::Full, ScaleType::F16),
        ] {
            let scheme = Scheme::int8().range(range).scale_type(scale_type);
            let mut values = vec![vec![]; shape[axis]];
            for (i, &x) in x.iter().enumerate() {
                values[channel_of(i, shape, axis)].push(x);
            }
            let scales: Vec<f32> = values
                .iter()
                .map(|values| reference::scale(reference::abs_max(values), range, scale_type))
                .collect();
            let q: Vec<i8> = (0..len)
                .map(|i| {
                    let scale = scales[channel_of(i, shape, axis)];
                    let params = QuantParams::symmetric(scale).unwrap().with_range(range);
                    reference::quantize_one(x[i], params)
                })
                .collect();
            let dequantized: Vec<f32> =
                (0..len).map(|i| f32::from(q[i]) * scales[channel_of(i, shape, axis)]).collect();
            for backend in Backend::available() {
                for axis in [axis as isize, axis as isize - shape.len() as isize] {
                    let quantizer = Quantizer::new(scheme.per_channel(axis)).backend(backend);
                    let found = quantizer.quantize(view).unwrap();
                    let context = format!("{} {shape:?} axis {axis}", backend.isa());
                    assert_eq!(found.scales, scales, "{context}");
                    assert!(found.data == q, "{context}");
                    assert_eq!(found.dequantize_on(backend).unwrap(), dequantized, "{context}");
                }
            }
        }
    }
}

#[test]
fn every_axis_of_many_shapes() {
    let mut random = Random(4);
    for shape in [
        &[1][..],
        &[7],
        &[300],
        &[1, 1],
        &[3, 5],
        &[64, 64],
        &[5, 257],
        &[257, 5],
        &[2, 3, 4],
        &[4, 3, 65],
        &[3, 66, 2],
        &[2, 1, 130],
        &[2, 2, 3, 17],
        &[130, 1],
    ] {
        check::<f32>(shape, &mut random);
        check::<f16>(shape, &mut random);
        check::<bf16>(shape, &mut random);
    }
}

#[test]
fn scales_that_are_divided_by() {
    // Columns whose scales lie outside the proven range of the product, next to some within.
    let x: Vec<f32> = (0..400).map(|i| [1e-40, 1.0, 3e38, -2e37][i % 4] / (1 + i) as f32).collect();
    let view = TensorView::new(&x, &[100, 4]).unwrap();
    for backend in Backend::available() {
        let quantizer = Quantizer::new(Scheme::int8().per_channel(1)).backend(backend);
        let found = quantizer.quantize(view).unwrap();
        for (i, (x, q)) in x.iter().zip(&found.data).enumerate() {
            let params = QuantParams::symmetric(found.scales[i % 4]).unwrap();
            assert_eq!(*q, reference::quantize_one(*x, params), "{} {i}", backend.isa());
        }
    }
}

#[test]
fn tensors_without_values() {
    for (shape, axis, scales) in
        [(&[0][..], 0, 0), (&[0, 3], 0, 0), (&[0, 3], 1, 3), (&[3, 0], 0, 3), (&[2, 0, 5], 2, 5)]
    {
        let view = TensorView::<f32>::new(&[], shape).unwrap();
        let found = Quantizer::new(Scheme::int8().per_channel(axis)).quantize(view).unwrap();
        assert_eq!((found.data, found.scales), (vec![], vec![1.0; scales]), "{shape:?} {axis}");
    }
    let scalar = TensorView::new(&[2.0], &[]).unwrap();
    assert_eq!(Quantizer::new(Scheme::int8()).quantize(scalar).unwrap().data, [127]);
    assert_eq!(
        Quantizer::new(Scheme::int8().per_channel(0)).quantize(scalar),
        Err(Error::AxisOutOfRange { axis: 0, rank: 0 })
    );
}
