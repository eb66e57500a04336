//! Kernels by other programs' arithmetic, held against the reference of each.

use absmax::arithmetic::{
    Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, Schemes, ZeroPoint,
    ZeroPointAdded, ZeroScale,
};
use absmax::{
    Arithmetic, Backend, Element, Error, Integer, Params, QuantizedMut, Rows, RowsMut, ScaleType,
    Scheme, reference,
};
use absmax_proof::inputs::{MAPPINGS, scheme};
use half::{bf16, f16};

/// Scales, zero points, integers and sums, or the first error.
type Answer<Q> = Result<(Vec<u32>, Vec<i32>, Vec<Q>, Vec<i32>), Error>;

/// What the reference makes of the groups of each row.
fn expected<T: Element, Q: Integer + Default>(
    x: &[T],
    [row_len, group]: [usize; 2],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Answer<Q> {
    let (mut scales, mut zero_points, mut all, mut sums) = (vec![], vec![], vec![], vec![]);
    for row in x.chunks(row_len) {
        for group in row.chunks(group) {
            let mut q = vec![Q::default(); group.len()];
            let found = reference::quantize_group(group, scheme, arithmetic, &mut q);
            let (scale, zero_point) = found.map_err(|error| match error {
                Error::ScaleUnderflow { scale, .. } => {
                    Error::ScaleUnderflow { set: scales.len(), scale }
                }
                Error::ScaleOverflow { min, max, scale_type, .. } => {
                    Error::ScaleOverflow { set: scales.len(), min, max, scale_type }
                }
                other => other,
            })?;
            scales.push(scale.to_bits());
            zero_points.push(zero_point);
            sums.push(q.iter().map(|q| q.to_i32()).sum());
            all.extend(q);
        }
    }
    Ok((scales, zero_points, all, sums))
}

/// What a backend makes of them, in rows with a gap.
fn found<T: Element, Q: Integer + Default>(
    backend: Backend,
    x: &[T],
    [row_len, gap]: [usize; 2],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Answer<Q> {
    let rows = x.len() / row_len;
    let sets = scheme.scale_count(&[rows, row_len])?;
    let stride = row_len + gap;
    let mut strided = vec![x[0]; rows * stride];
    for (to, from) in strided.chunks_mut(stride).zip(x.chunks(row_len)) {
        to[..row_len].copy_from_slice(from);
    }
    let mut q = vec![Q::default(); rows * stride];
    let (mut scales, mut sums) = (vec![0.0; sets], vec![0; sets]);
    let mut zero_points = vec![0i32; if scheme.is_symmetric() { 0 } else { sets }];
    let out = QuantizedMut::new(RowsMut::strided(&mut q, rows, row_len, stride)?)
        .with_scales(&mut scales)
        .with_zero_points(&mut zero_points)
        .with_sums(&mut sums);
    let x = Rows::strided(&strided, rows, row_len, stride)?;
    backend.by(arithmetic).quantize_rows(scheme, x, out)?;
    if scheme.is_symmetric() {
        zero_points = vec![scheme.offset(); sets];
    }
    let q = q.chunks(stride).flat_map(|row| row[..row_len].to_vec()).collect();
    Ok((scales.into_iter().map(f32::to_bits).collect(), zero_points, q, sums))
}

/// Every backend gives the answer of the reference.
fn agree<T: Element, Q: Integer + Default + PartialEq>(
    x: &[T],
    [row_len, gap]: [usize; 2],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> bool {
    let group = match scheme.granularity() {
        absmax::Granularity::PerGroup { size } => size.get(),
        _ => row_len,
    };
    let expected = expected::<T, Q>(x, [row_len, group], scheme, arithmetic);
    for backend in Backend::available() {
        let found = found::<T, Q>(backend, x, [row_len, gap], scheme, arithmetic);
        assert!(
            expected == found,
            "{} {}: {scheme:?} {arithmetic:?} rows of {row_len}, {x:?}:\n{expected:?}\n{found:?}",
            backend.isa(),
            T::NAME,
        );
    }
    expected.is_ok()
}

/// [`agree`] for each type of elements.
fn all_agree(
    x: &[f32],
    row_len: usize,
    gap: usize,
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> bool {
    let half = x.iter().map(|&x| f16::from_f32(x)).filter(|x| x.is_finite()).collect::<Vec<_>>();
    let half = if half.len() == x.len() { half } else { vec![f16::ONE; x.len()] };
    let brain = x.iter().map(|&x| bf16::from_f32(x * 0.5)).collect::<Vec<_>>();
    let shape = [row_len, gap];
    if scheme.is_unsigned() {
        agree::<_, u8>(x, shape, scheme, arithmetic)
            & agree::<_, u8>(&half, shape, scheme, arithmetic)
            & agree::<_, u8>(&brain, shape, scheme, arithmetic)
    } else {
        agree::<_, i8>(x, shape, scheme, arithmetic)
            & agree::<_, i8>(&half, shape, scheme, arithmetic)
            & agree::<_, i8>(&brain, shape, scheme, arithmetic)
    }
}

/// The schemes of 8 bits that an arithmetic has.
fn schemes(arithmetic: Arithmetic) -> impl Iterator<Item = Scheme> {
    MAPPINGS.into_iter().map(|m| scheme(8, m)).filter(move |&s| arithmetic.schemes.contains(s))
}

/// Values of one magnitude. Some rows are zeros, and some values are ties of common scales.
fn values(random: &mut fastrand::Rng, rows: usize, row_len: usize) -> Vec<f32> {
    let exponent = pick(random, [-149, -140, -126, -40, -20, -16, -3, 0, 0, 0, 10, 100, 127]);
    let unit = 2f32.powi(exponent / 2) * 2f32.powi(exponent - exponent / 2);
    let lowest = pick(random, [-1.0, -1.0, 0.0, 0.5, -2.0]);
    let mut x = Vec::new();
    for _ in 0..rows {
        let kind = random.u8(0..8);
        x.extend((0..row_len).map(|i| {
            let number = match kind {
                0 => 0.0,
                1 => (i % 255) as f32 * 0.5 - 63.5,
                2 => [-1.0, 1.0, 0.25, 0.0][i % 4],
                _ => lowest + random.f32() * 1.75,
            };
            (number * unit).clamp(-f32::MAX, f32::MAX)
        }));
    }
    x
}

#[test]
fn presets_give_the_bits_of_the_reference() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut answers = [0; 2];
    for turn in 0..60 {
        for (_, arithmetic) in Arithmetic::PRESETS {
            for scheme in schemes(arithmetic) {
                let row_len = pick(&mut random, [1, 16, 32, 64, 65, 128, 129, 256, 300]);
                let rows = random.usize(1..40);
                let x = values(&mut random, rows, row_len);
                let scale_type = [ScaleType::F32, ScaleType::F16, ScaleType::Bf16][turn % 3];
                let scheme = scheme.with_scale_type(scale_type);
                let group = pick(&mut random, [16, 32, 48, 64, 128]);
                let scheme = match turn % 2 {
                    0 => scheme.per_channel(0),
                    _ => scheme.per_group(group).unwrap(),
                };
                let gap = if turn % 4 < 2 { 0 } else { 3 };
                answers[usize::from(all_agree(&x, row_len, gap, scheme, arithmetic))] += 1;
            }
        }
    }
    // Most have an answer, and some have an error.
    assert!(answers[1] > 4 * answers[0] && answers[0] > 10, "{answers:?}");
}

#[test]
fn every_choice_gives_the_bits_of_the_reference() {
    let mut random = fastrand::Rng::with_seed(12);
    let mut answers = [0; 2];
    for _ in 0..600 {
        let arithmetic = any(&mut random);
        let bits = random.u8(2..=8);
        let scheme = scheme(bits, pick(&mut random, MAPPINGS));
        let scale_type = pick(&mut random, [ScaleType::F32, ScaleType::F16, ScaleType::Bf16]);
        let scheme = scheme.with_scale_type(scale_type);
        let scheme =
            if random.bool() { scheme.per_channel(0) } else { scheme.per_group(32).unwrap() };
        let (row_len, rows) = (pick(&mut random, [32, 64, 70, 200]), random.usize(1..20));
        let x = values(&mut random, rows, row_len);
        answers[usize::from(all_agree(&x, row_len, 0, scheme, arithmetic))] += 1;
    }
    assert!(answers[1] > answers[0] && answers[0] > 10, "{answers:?}");
}

/// One of some values.
fn pick<T: Copy, const N: usize>(random: &mut fastrand::Rng, all: [T; N]) -> T {
    all[random.usize(0..N)]
}

/// Any arithmetic that has every scheme.
fn any(random: &mut fastrand::Rng) -> Arithmetic {
    Arithmetic {
        multiplier: pick(
            random,
            [
                Multiplier::Divide,
                Multiplier::Reciprocal,
                Multiplier::StepsOverRange,
                Multiplier::StepsTimesReciprocal,
            ],
        ),
        scale: pick(
            random,
            [
                ScaleFormula::Step,
                ScaleFormula::Binary64,
                ScaleFormula::ReciprocalOfMultiplier,
                ScaleFormula::Range,
            ],
        ),
        limits: pick(
            random,
            [
                ScaleLimits::None,
                ScaleLimits::None,
                ScaleLimits::Normal,
                ScaleLimits::AtLeastEpsilon,
                ScaleLimits::Widened,
            ],
        ),
        zeros: pick(
            random,
            [ZeroScale::One, ZeroScale::Zero, ZeroScale::Tenth, ZeroScale::Epsilon],
        ),
        narrowing: pick(random, [Narrowing::Before, Narrowing::After]),
        zero_point: pick(
            random,
            [
                ZeroPoint::Difference,
                ZeroPoint::DifferenceOrZero,
                ZeroPoint::RoundedQuotient,
                ZeroPoint::EitherEnd,
                ZeroPoint::EitherEndBinary64,
            ],
        ),
        added: pick(random, [ZeroPointAdded::AfterRounding, ZeroPointAdded::BeforeRounding]),
        rounding: pick(random, [Rounding::HalfEven, Rounding::HalfAway]),
        precision: pick(random, [Precision::F32, Precision::ElementParameters, Precision::Element]),
        schemes: Schemes::All,
        ..Arithmetic::exact()
    }
}

/// A single scale of rows with gaps, and rows that are longer than what one thread takes at a time.
#[test]
fn whole_matrices_and_long_rows_agree() {
    let mut random = fastrand::Rng::with_seed(13);
    for (_, arithmetic) in Arithmetic::PRESETS {
        for scheme in schemes(arithmetic) {
            for (rows, row_len, gap) in [(7, 33, 0), (7, 33, 5), (2, 150_000, 0), (2, 150_000, 7)] {
                let x: Vec<f32> = (0..rows * row_len).map(|_| random.f32() - 0.4).collect();
                let per_row = scheme.per_channel(0);
                assert!(agree_any(&x, [row_len, gap], per_row, arithmetic));
                let whole = expected_any(&x, x.len(), scheme, arithmetic);
                for backend in Backend::available() {
                    let found = found_any(backend, &x, [row_len, gap], scheme, arithmetic);
                    assert!(found == whole, "{} {arithmetic:?} {scheme:?} {gap}", backend.isa());
                }
            }
        }
    }
}

fn agree_any(x: &[f32], shape: [usize; 2], scheme: Scheme, arithmetic: Arithmetic) -> bool {
    if scheme.is_unsigned() {
        agree::<_, u8>(x, shape, scheme, arithmetic)
    } else {
        agree::<_, i8>(x, shape, scheme, arithmetic)
    }
}

/// Integers of either type.
fn as_i32<Q: Integer>(answer: Answer<Q>) -> Answer<i32> {
    answer.map(|(scales, zero_points, q, sums)| {
        (scales, zero_points, q.into_iter().map(|q| q.to_i32()).collect(), sums)
    })
}

fn expected_any(x: &[f32], len: usize, scheme: Scheme, arithmetic: Arithmetic) -> Answer<i32> {
    if scheme.is_unsigned() {
        as_i32(expected::<_, u8>(x, [len, len], scheme, arithmetic))
    } else {
        as_i32(expected::<_, i8>(x, [len, len], scheme, arithmetic))
    }
}

fn found_any(
    backend: Backend,
    x: &[f32],
    shape: [usize; 2],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Answer<i32> {
    if scheme.is_unsigned() {
        as_i32(found::<_, u8>(backend, x, shape, scheme, arithmetic))
    } else {
        as_i32(found::<_, i8>(backend, x, shape, scheme, arithmetic))
    }
}

/// Given parameters, with values of every kind.
#[test]
fn given_parameters_agree() {
    let mut random = fastrand::Rng::with_seed(14);
    for turn in 0..1000 {
        let arithmetic = match turn % 3 {
            0 => any(&mut random),
            _ => pick(&mut random, Arithmetic::PRESETS).1,
        };
        let bits = if turn % 2 == 0 { 8 } else { random.u8(2..=8) };
        let scheme = scheme(bits, pick(&mut random, MAPPINGS));
        let scale = f32::from_bits(random.u32(1..0x7f80_0000));
        let scale = if turn % 4 == 0 { scale } else { random.f32() + 1e-3 };
        let zero_point = if scheme.is_symmetric() {
            scheme.offset()
        } else {
            random.i32(scheme.qmin()..=scheme.qmax())
        };
        let mut x: Vec<f32> =
            (0..random.usize(1..400)).map(|_| (random.f32() - 0.5) * 300.0 * scale).collect();
        for wild in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0, 1e-45] {
            let at = random.usize(0..x.len());
            x[at] = wild;
        }
        given::<f32>(&x, scheme, (scale, zero_point), arithmetic);
        let half: Vec<f16> = x.iter().map(|&x| f16::from_f32(x)).collect();
        given::<f16>(&half, scheme, (scale, zero_point), arithmetic);
        let brain: Vec<bf16> = x.iter().map(|&x| bf16::from_f32(x)).collect();
        given::<bf16>(&brain, scheme, (scale, zero_point), arithmetic);
    }
}

fn given<T: Element>(
    x: &[T],
    scheme: Scheme,
    (scale, zero_point): (f32, i32),
    arithmetic: Arithmetic,
) {
    if scheme.is_unsigned() {
        given_as::<T, u8>(x, scheme, (scale, zero_point), arithmetic);
    } else {
        given_as::<T, i8>(x, scheme, (scale, zero_point), arithmetic);
    }
}

fn given_as<T: Element, Q: Integer + Default + PartialEq>(
    x: &[T],
    scheme: Scheme,
    (scale, zero_point): (f32, i32),
    arithmetic: Arithmetic,
) {
    let params = scheme.params_of(scale, zero_point).unwrap();
    let mut expected = vec![Q::default(); x.len()];
    let answer = reference::quantize_group_with(x, params, arithmetic, &mut expected);
    for backend in Backend::available() {
        let mut q = vec![Q::default(); x.len()];
        let (scales, zero_points) = ([scale], [zero_point]);
        let params = Params::new(&scales).with_zero_points(&zero_points);
        let out = QuantizedMut::new(RowsMut::new(&mut q, 1, x.len()).unwrap());
        let rows = Rows::new(x, 1, x.len()).unwrap();
        let found = backend.by(arithmetic).quantize_rows_with(scheme, rows, params, out);
        assert_eq!(found, answer, "{} {scheme:?} {arithmetic:?}", backend.isa());
        for (i, (q, expected)) in q.iter().zip(&expected).enumerate() {
            assert!(
                q == expected,
                "{} {}: {scheme:?} {scale} {zero_point} {arithmetic:?}: {:?} became {q:?}, not {expected:?}",
                backend.isa(),
                T::NAME,
                x[i],
            );
        }
    }
}

#[test]
fn what_an_arithmetic_does_not_have_is_refused() {
    let (x, mut q, mut scales) = ([1.0f32; 4], [0i8; 4], [0.0; 2]);
    let x = Rows::new(&x, 2, 2).unwrap();
    let mut quantize = |arithmetic: Arithmetic, scheme: Scheme| {
        let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2).unwrap()).with_scales(&mut scales);
        Backend::best().by(arithmetic).quantize_rows(scheme, x, out)
    };
    let columns = Scheme::int8().per_channel(-1);
    assert_eq!(quantize(Arithmetic::ggml(), columns), Err(Error::NotConsecutive { axis: -1 }));
    assert_eq!(quantize(Arithmetic::exact(), columns), Ok(()));
    let error = quantize(Arithmetic::ggml(), Scheme::int4().per_channel(0)).unwrap_err();
    assert!(matches!(error, Error::ArithmeticMismatch { arithmetic: "ggml", .. }), "{error}");
    assert_eq!(quantize(Arithmetic::ggml(), Scheme::int8().per_channel(0)), Ok(()));
}
