//! Answers that stand in print: the contract's examples, and vectors made with numpy 2.4:
//! `q = np.clip(np.rint(x / s), -127, 127)` with `s = np.float32(np.abs(x).max() / np.float32(127))`.

use absmax::{Backend, QuantParams};
use half::f16;

/// To so many decimals.
fn rounded(x: f32, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (f64::from(x) * unit).round() / unit
}

#[test]
fn the_examples_of_the_contract() {
    type Example = (&'static [f32], &'static [i8], f64, &'static [f64]);
    let examples: [Example; 4] = [
        (&[1.0, -1.0, 0.5, -0.5], &[127, -127, 64, -64], 0.007874, &[1.0, -1.0, 0.5039, -0.5039]),
        (
            &[0.0, 0.5, 1.0, 1.5, 2.0],
            &[0, 32, 64, 95, 127],
            0.015748,
            &[0.0, 0.5039, 1.0079, 1.4961, 2.0],
        ),
        (
            &[-5.0, -2.5, 0.0, 2.5, 5.0],
            &[-127, -64, 0, 64, 127],
            0.03937,
            &[-5.0, -2.5197, 0.0, 2.5197, 5.0],
        ),
        (&[0.0, 0.0, 0.0], &[0, 0, 0], 1.0, &[0.0, 0.0, 0.0]),
    ];
    for (x, expected, scale_6, x_4) in examples {
        let (q, scale) = absmax::quantize(x).unwrap();
        assert_eq!(q, expected);
        assert_eq!(rounded(scale, 6), scale_6);
        let mut y = vec![0.0; q.len()];
        absmax::dequantize_into(&q, QuantParams::symmetric(scale).unwrap(), &mut y).unwrap();
        let y: Vec<f64> = y.into_iter().map(|y| rounded(y, 4)).collect();
        assert_eq!(y, x_4);
    }
}

/// 40 normal deviates times 3; the scale is 0x3d377b14.
const NORMAL: [u32; 40] = [
    0xc018478e, 0x3f38c23d, 0xc0b60c1e, 0x4085fe7c, 0x3ff51aed, 0xbf604adf, 0xbf6f93bc, 0x3f695877,
    0xbf4d9028, 0xbf2d7f7d, 0x400a40c6, 0x3fc5a595, 0xbe450043, 0xbe834ac1, 0x3ef72adf, 0xbfebc877,
    0xbf9b0a44, 0x3fd2882b, 0xbec86bec, 0xc083f1e6, 0xbfb74668, 0x3ffc2488, 0xbf3264a7, 0xbee4741f,
    0x3ff6771c, 0x40af299f, 0xc008eea6, 0x40816d88, 0xc06c2997, 0x3f066200, 0xc0608cb7, 0x4081bd70,
    0x40201cfc, 0x405a710e, 0xc02a05ba, 0x40036f40, 0xbfc74d16, 0xbfafa2ce, 0x3fc2829f, 0x40285474,
];
const NORMAL_Q: [i8; 40] = [
    -53, 16, -127, 93, 43, -20, -21, 20, -18, -15, 48, 34, -4, -6, 11, -41, -27, 37, -9, -92, -32,
    44, -16, -10, 43, 122, -48, 90, -82, 12, -78, 91, 56, 76, -59, 46, -35, -31, 34, 59,
];

/// 24 normal deviates in f16; the scale is 0x3ca4a953.
const NORMAL_F16: [u16; 24] = [
    0xbc6f, 0xc11b, 0xbb1b, 0xb767, 0xbc91, 0xbca9, 0x3cd8, 0x3bbb, 0xbc15, 0x2edc, 0xa5d8, 0x24f7,
    0xb8f8, 0xbc8c, 0x3e9d, 0xb77d, 0xbc12, 0xa3d1, 0xb8f1, 0xba98, 0x3b03, 0x3f3d, 0xbdb3, 0x2d5c,
];
const NORMAL_F16_Q: [i8; 24] = [
    -55, -127, -44, -23, -57, -58, 60, 48, -51, 5, -1, 1, -31, -57, 82, -23, -51, -1, -31, -41, 44,
    90, -71, 4,
];

/// x, s, round(x / s), and what round(x * (1 / s)) makes of it: the values that libraries which
/// multiply by the reciprocal get wrong.
const RECIPROCAL_FAILS: [(u32, u32, i8, i8); 24] = [
    (0xc1128a80, 0x3eb0f487, -26, -27),
    (0xc0851758, 0x3e156f8b, -28, -29),
    (0x3ded744a, 0x3bf51d34, 16, 15),
    (0x3fdf7e78, 0x3dc14ac8, 18, 19),
    (0xc0df2543, 0x3e91ba4b, -24, -25),
    (0xbec17229, 0x3c72c175, -26, -25),
    (0xc04c3f42, 0x3df6a354, -26, -27),
    (0xc1a31d52, 0x3e9aa821, -67, -68),
    (0xc143bcca, 0x3e9aa821, -40, -41),
    (0x415b8448, 0x3e90d5f5, 49, 48),
    (0xc13c483c, 0x3eaea376, -35, -34),
    (0x3fbb6de1, 0x3d74ce35, 24, 25),
    (0xbfb7c91c, 0x3e1ac44e, -9, -10),
    (0xbf6f79fb, 0x3d1096ee, -27, -26),
    (0x4147c0bd, 0x3e8c7c4d, 46, 45),
    (0x3f055fe0, 0x3dc1ffd2, 6, 5),
    (0x40ab43d8, 0x3dc1ffd2, 57, 56),
    (0xc03cfdf2, 0x3dba159b, -32, -33),
    (0xc1670531, 0x3e9558b1, -49, -50),
    (0x4013a002, 0x3dc0d0fd, 24, 25),
    (0x3ffe848b, 0x3d27ede2, 48, 49),
    (0x3f5728ca, 0x3d27ede2, 20, 21),
    (0xc0070dfb, 0x3e7e386e, -9, -8),
    (0x40f85bc8, 0x3e11d33f, 55, 54),
];

#[test]
fn the_vectors_of_numpy() {
    for backend in Backend::available() {
        let x = NORMAL.map(f32::from_bits);
        let mut q = [0; 40];
        let scale = backend.quantize_into(&x, &mut q).unwrap();
        assert_eq!((scale.to_bits(), q), (0x3d377b14, NORMAL_Q), "{}", backend.isa());

        let x = NORMAL_F16.map(f16::from_bits);
        let mut q = [0; 24];
        let scale = backend.quantize_into(&x, &mut q).unwrap();
        assert_eq!((scale.to_bits(), q), (0x3ca4a953, NORMAL_F16_Q), "{}", backend.isa());
    }
}

#[test]
fn what_the_reciprocal_gets_wrong() {
    for (x, scale, right, wrong) in RECIPROCAL_FAILS {
        let (x, scale) = (f32::from_bits(x), f32::from_bits(scale));
        assert_eq!((x * (1.0 / scale)).round_ties_even() as i8, wrong);
        for backend in Backend::available() {
            let mut q = [0];
            backend
                .quantize_with_into(&[x], QuantParams::symmetric(scale).unwrap(), &mut q)
                .unwrap();
            assert_eq!(q, [right], "{}: {x:e} / {scale:e}", backend.isa());
        }
    }
}
