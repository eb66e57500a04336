//! The reference of every arithmetic. `scripts/check-engines` compares it with the programs.

use absmax::arithmetic::{Rounding, Schemes};
use absmax::{Arithmetic, Element, Error, Integer, QuantParams, Range, ScaleType, Scheme};
use absmax::{reference, reference::quantize_group};
use absmax_proof::inputs::{BITS, MAPPINGS, scheme};
use half::{bf16, f16};

/// The scale, the zero point and the integers of a group.
fn group<T: Element, Q: Integer + Default>(
    x: &[T],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Result<(f32, i32, Vec<Q>), Error> {
    let mut q = vec![Q::default(); x.len()];
    let (scale, zero_point) = quantize_group(x, scheme, arithmetic, &mut q)?;
    Ok((scale, zero_point, q))
}

/// [`group`] by scales in f32 of a scheme that a preset has.
#[track_caller]
fn check<Q: Integer + Default>(
    preset: &str,
    scheme: Scheme,
    x: &[f32],
    expected: (f32, i32, &[Q]),
) {
    let (scale, zero_point, q) = group(x, scheme, Arithmetic::by_name(preset).unwrap()).unwrap();
    assert_eq!((scale, zero_point, &q[..]), expected, "{preset}");
}

fn exact_is_the_definition<T: Element, Q: Integer + Default>(x: &[T], scheme: Scheme) {
    let (min, max) = reference::min_max(x).unwrap_or((0.0, 0.0));
    let (scale, zero_point) = reference::choose(min, max, scheme);
    let found = group::<T, Q>(x, scheme, Arithmetic::exact());
    if scale.is_infinite() {
        assert!(matches!(found, Err(Error::ScaleOverflow { .. })), "{scheme:?}: {found:?}");
        return;
    }
    let params = scheme.params_of(scale, zero_point).unwrap();
    let one_by_one = |&x: &T| reference::quantize_one(x, params);
    let expected = x.iter().map(one_by_one).collect::<Vec<_>>();
    let (found_scale, found_zero_point, q) = found.unwrap();
    assert_eq!((found_scale.to_bits(), found_zero_point), (scale.to_bits(), zero_point));
    assert_eq!(q.iter().map(|q| q.to_i32()).collect::<Vec<_>>(), expected, "{scheme:?}");

    let mut q = vec![Q::default(); x.len()];
    reference::quantize_group_with(x, params, Arithmetic::exact(), &mut q).unwrap();
    assert_eq!(q.iter().map(|q| q.to_i32()).collect::<Vec<_>>(), expected, "{scheme:?}, given");
}

#[test]
fn exact_is_the_definition_for_every_scheme() {
    let mut random = fastrand::Rng::with_seed(1);
    for turn in 0..40 {
        let exponent = [-149, -126, -40, -20, -3, 0, 10, 17, 30, 126][turn % 10];
        let lowest = [-1.0, 0.0, -0.25, 0.5][turn / 10];
        let len = random.usize(0..70);
        let x = (0..len)
            .map(|_| (lowest + random.f32() * 2.0) * 2f32.powi(exponent))
            .collect::<Vec<f32>>();
        let wide = x.iter().map(|x| x.clamp(-f32::MAX, f32::MAX)).collect::<Vec<_>>();
        let half = x.iter().map(|&x| f16::from_f32(x.clamp(-65504.0, 65504.0)));
        let half = half.collect::<Vec<_>>();
        let brain = x.iter().map(|&x| bf16::from_f32(x * 0.25)).collect::<Vec<_>>();
        for (bits, mapping) in BITS.flat_map(|b| MAPPINGS.map(|mapping| (b, mapping))) {
            for scale_type in [ScaleType::F32, ScaleType::F16, ScaleType::Bf16] {
                let scheme = scheme(bits, mapping).with_scale_type(scale_type);
                if scheme.is_unsigned() {
                    exact_is_the_definition::<_, u8>(&wide, scheme);
                    exact_is_the_definition::<_, u8>(&half, scheme);
                    exact_is_the_definition::<_, u8>(&brain, scheme);
                } else {
                    exact_is_the_definition::<_, i8>(&wide, scheme);
                    exact_is_the_definition::<_, i8>(&half, scheme);
                    exact_is_the_definition::<_, i8>(&brain, scheme);
                }
            }
        }
    }
}

const FULL: Scheme = Scheme::int8().with_range(Range::Full);
const SIGNED: Scheme = Scheme::int8().affine();

#[test]
fn ties_and_zero_points() {
    let x = [-1.0, 254.0, 1.5, 2.5];
    check("exact", Scheme::uint8(), &x, (1.0, 1, &[0u8, 255, 3, 3]));
    check("onnx", Scheme::uint8(), &x, (1.0, 1, &[0u8, 255, 3, 3]));
    check("torch", Scheme::uint8(), &x, (1.0, 1, &[0u8, 255, 3, 3]));
    check("torchao", SIGNED, &x, (1.0, -127, &[-128i8, 127, -125, -125]));
    // 1.5 - 127 is halfway between -126 and -125.
    check("compressed-tensors", SIGNED, &x, (1.0, -127, &[-128i8, 127, -126, -124]));

    let x = [-128.0, 127.0, 0.5, -2.5];
    check("xnnpack", SIGNED, &x, (1.0, 0, &[-128i8, 127, 0, -2]));
    check("kleidiai", SIGNED, &x, (1.0, 0, &[-128i8, 127, 1, -3]));

    // The largest magnitude is a tie.
    let x = [127.5, -127.5, 0.5];
    check("torchao", FULL, &x, (1.0, 0, &[127i8, -128, 0]));
    check("compressed-tensors", FULL, &x, (1.0, 0, &[127i8, -128, 0]));

    let x = [-127.0, 0.5, 2.5];
    check("exact", Scheme::int8(), &x, (1.0, 0, &[-127i8, 0, 2]));
    check("ggml", Scheme::int8(), &x, (1.0, 0, &[-127i8, 1, 3]));
    check("candle", Scheme::int8(), &x, (1.0, 0, &[-127i8, 1, 3]));
    check("ggml-x86", Scheme::int8(), &x, (1.0, 0, &[-127i8, 0, 2]));
    check("bitsandbytes", Scheme::int8(), &[1.0, -0.5, 0.25], (1.0, 0, &[127i8, -64, 32]));
}

#[test]
fn zeros() {
    let x = [0.0, -0.0];
    check("exact", Scheme::int8(), &x, (1.0, 0, &[0i8; 2]));
    check("exact", SIGNED, &x, (1.0, -128, &[-128i8; 2]));
    check("onnx", Scheme::uint8(), &x, (1.0, 0, &[0u8; 2]));
    check("torch", Scheme::uint8(), &x, (0.1, 0, &[0u8; 2]));
    check("torchao", FULL, &x, (f32::EPSILON, 0, &[0i8; 2]));
    check("torchao", SIGNED, &x, (f32::EPSILON, -128, &[-128i8; 2]));
    check("compressed-tensors", SIGNED, &x, (f32::EPSILON, 0, &[0i8; 2]));
    check("bitsandbytes", Scheme::int8(), &x, (0.0, 0, &[0i8; 2]));
    check("ggml", Scheme::int8(), &x, (0.0, 0, &[0i8; 2]));
    check("xnnpack", SIGNED, &x, (1.0, 127, &[127i8; 2]));
    check("kleidiai", SIGNED, &x, (1.0, 127, &[127i8; 2]));

    let narrow = group(&[bf16::ZERO], SIGNED, Arithmetic::compressed_tensors());
    assert_eq!(narrow, Ok((2f32.powi(-7), 0, vec![0i8])));
}

/// A small range is widened, and with it both of its ends.
#[test]
fn torch_has_a_least_scale() {
    let least = 6.1e-5;
    check("torch", Scheme::uint8(), &[0.0, 0.00061], (least, 0, &[0u8, 10]));
    check("torch", Scheme::uint8(), &[-0.00061, 0.0], (least, 255, &[245u8, 255]));
    check("torch", Scheme::uint8(), &[-0.001, 0.003], (least, 64, &[48u8, 113]));
    check("torch", Scheme::uint8(), &[-1e-37, 1e-37], (0.1, 0, &[0u8, 0]));
}

/// 100 / 127.5 has 8 significant bits in bf16.
#[test]
fn compressed_tensors_computes_in_the_type_of_the_values() {
    let x = [100.0, -27.5].map(bf16::from_f32);
    let (scale, _, q) = group::<_, i8>(&x, FULL, Arithmetic::compressed_tensors()).unwrap();
    assert_eq!((scale, &q[..]), (0.78515625, &[127, -35][..]));
    let (scale, ..) = group::<_, i8>(&x, FULL, Arithmetic::exact()).unwrap();
    assert_eq!(scale, 100.0 / 127.5);
    let (scale, ..) = group::<_, i8>(&x, FULL, Arithmetic::torchao()).unwrap();
    assert_eq!(scale, 0.78515625);
}

#[test]
fn blocks() {
    let (ggml, candle) = (Arithmetic::ggml(), Arithmetic::candle());
    // The scale 0.1 is 0.099975586 in f16: 4064 of them are 406.4 or 406.3.
    let x = [12.7; 32];
    let sum = |arithmetic| {
        let block = reference::q8_1(&x, arithmetic).unwrap();
        assert_eq!(block[..2], f16::from_f32(0.1).to_le_bytes());
        assert_eq!(block[4..], [127; 32]);
        f16::from_le_bytes([block[2], block[3]]).to_f32()
    };
    assert_eq!((sum(ggml), sum(Arithmetic::ggml_x86()), sum(candle)), (406.5, 406.5, 406.25));
    assert_eq!(sum(Arithmetic::exact()), 406.25);

    // The first value of the largest magnitude gives the scale its sign.
    let mut x = [0.5; 256];
    (x[16], x[17]) = (127.0, -127.0);
    for (arithmetic, scale, q, sums) in [
        (ggml, -1.0f32, [0, -127, 127], [0i16, 0]),
        (Arithmetic::ggml_x86(), -1.0, [0, -127, 127], [0, 0]),
        (candle, -1.0, [-1, -127, 127], [-16, -14]),
        (Arithmetic::exact(), 1.0, [0, 127, -127], [0, 0]),
    ] {
        let block = reference::q8_k(&x, arithmetic).unwrap();
        assert_eq!(block[..4], scale.to_le_bytes());
        assert_eq!([block[4], block[20], block[21]].map(u8::cast_signed), q);
        assert_eq!(block[260..264], sums.map(i16::to_le_bytes).concat());
    }

    assert_eq!(reference::q8_0(&[-0.0; 32], ggml), Ok([0; 34]));
    assert_eq!(reference::q8_1(&[-0.0; 32], ggml), Ok([0; 36]));
    assert_eq!(reference::q8_k(&[-0.0; 256], ggml), Ok([0; 292]));
    // A scale that f16 does not hold is 0, and the integers are what they were.
    let small = reference::q8_0(&[1e-7; 32], ggml).unwrap();
    assert_eq!((&small[..2], small[2]), (&[0, 0][..], 127));
}

#[test]
fn what_is_refused() {
    let mut q = [0i8; 2];
    let mut refused = |x: &[f32], scheme, arithmetic| {
        quantize_group(x, scheme, arithmetic, &mut q[..x.len()]).unwrap_err().to_string()
    };
    for (name, arithmetic) in Arithmetic::PRESETS {
        let other = match arithmetic.schemes {
            Schemes::All => continue,
            Schemes::Narrow => SIGNED,
            Schemes::FullOrSigned | Schemes::Signed | Schemes::Unsigned => Scheme::int8(),
        };
        let text = refused(&[1.0], other, arithmetic);
        assert!(text.starts_with(&format!("the arithmetic {name} has 8 bits")), "{text}");
        let four_bits = refused(&[1.0], Scheme::int4(), arithmetic);
        assert!(four_bits.ends_with("but not 4 bits, symmetric from -8"), "{four_bits}");
    }
    let exact = Arithmetic::exact();
    let text = refused(&[1.0, f32::NAN], Scheme::int8(), exact);
    assert_eq!(text, "value NaN at index 1 is not finite");
    assert_eq!(
        refused(&[1.0], Scheme::uint8(), exact),
        "integers or zero points from 0 to 255 are not all values of i8"
    );
    let text = refused(&[1e-38], Scheme::int8(), Arithmetic::ggml());
    assert!(text.starts_with("set 0 has scale "), "{text}");
    assert!(text.ends_with("it is too small for this arithmetic, since 1 / scale overflows"));
    let text = refused(&[3e38, -3e38], SIGNED, Arithmetic::xnnpack());
    assert_eq!(text, "set 0 has values from -3e38 to 3e38: their scale overflows f32");

    let ggml = Arithmetic::ggml();
    let large = reference::q8_0(&[1e7; 32], ggml);
    assert!(matches!(large, Err(Error::ScaleOverflow { scale_type: ScaleType::F16, .. })));
    let sum = 4000.0 / 127.0 * (32.0 * 127.0);
    assert_eq!(reference::q8_1(&[4000.0; 32], ggml), Err(Error::BlockSumOverflow { sum }));
    let tiny = reference::q8_k(&[1e-37; 256], ggml);
    assert!(matches!(tiny, Err(Error::ScaleUnderflow { .. })), "{tiny:?}");
    assert!(reference::q8_0(&[1.0; 32], Arithmetic::xnnpack()).is_err());

    let params = QuantParams::symmetric(1e-39).unwrap();
    let given = |arithmetic| reference::quantize_group_with(&[1.0], params, arithmetic, &mut [0i8]);
    assert_eq!(given(Arithmetic::torch()), Err(Error::ScaleUnderflow { set: 0, scale: 1e-39 }));
    assert_eq!(given(Arithmetic::onnx()), Ok(()));
    let lengths = quantize_group(&[1.0], Scheme::int8(), exact, &mut [0i8; 2]).unwrap_err();
    assert_eq!(lengths.to_string(), "integers: 1 expected, 2 found");
}

#[test]
fn given_parameters() {
    let params = QuantParams::new(0.5, 3, -128..=127).unwrap();
    let x = [0.25, f32::NAN, f32::INFINITY, -1e30];
    for (preset, first) in [("exact", 3), ("torch", 3), ("compressed-tensors", 4), ("ggml", 4)] {
        let (mut q, arithmetic) = ([0i8; 4], Arithmetic::by_name(preset).unwrap());
        reference::quantize_group_with(&x, params, arithmetic, &mut q).unwrap();
        assert_eq!(q, [first, 3, 127, -128], "{preset}");
    }
    // The scale of bitsandbytes is the largest magnitude.
    let (params, mut q) = (QuantParams::symmetric(2.0).unwrap(), [0i8]);
    reference::quantize_group_with(&[-1.0], params, Arithmetic::bitsandbytes(), &mut q).unwrap();
    assert_eq!(q, [-64]);
}

#[test]
fn presets_have_names_and_are_data() {
    for (i, (name, arithmetic)) in Arithmetic::PRESETS.into_iter().enumerate() {
        assert_eq!(arithmetic.name(), Some(name));
        assert!(Arithmetic::PRESETS[..i].iter().all(|other| other.1 != arithmetic), "{name}");
        let json = serde_json::to_string(&arithmetic).unwrap();
        assert_eq!(serde_json::from_str::<Arithmetic>(&json).unwrap(), arithmetic);
    }
    let own = Arithmetic { rounding: Rounding::HalfAway, ..Arithmetic::default() };
    assert_eq!(own.name(), None);
    check_own(own);
}

/// An arithmetic of one's own needs no name.
fn check_own(own: Arithmetic) {
    let found =
        group(&[-7.0, 0.5, 2.5], Scheme::int8().bits(4).unwrap().with_range(Range::Narrow), own);
    assert_eq!(found, Ok((1.0, 0, vec![-7i8, 1, 3])));
}
