//! Rows that are interleaved to tiles, and the way back.

mod common;

use absmax::{
    Backend, Error, Params, QuantizedMut, Rows, RowsMut, ScaleType, Scheme, TensorView, Tiles,
};
use absmax_proof::checks;
use common::{Random, holds, in_strides};

const FORMS: [[usize; 2]; 9] =
    [[4, 8], [8, 4], [16, 4], [8, 8], [4, 4], [16, 8], [6, 16], [3, 5], [1, 1]];

fn every_form() -> impl Iterator<Item = Tiles> {
    FORMS.into_iter().map(|[mr, kr]| Tiles::new(mr, kr).unwrap())
}

fn values(rows: usize, row_len: usize) -> Vec<f32> {
    let mut random = Random(7);
    (0..rows * row_len).map(|_| random.unit() * (1.0 + random.unit().abs() * 30.0)).collect()
}

#[test]
fn tiles_of_every_form() {
    holds(checks::TILES);
}

/// Bands that stand apart, with sums, on one thread and on several, by own and by given parameters.
#[test]
fn they_hold_what_rows_hold() {
    let shapes = [[5, 40], [37, 65], [130, 4100], [9, 70_000]];
    // One that is large does where all of it is emulated.
    for [rows, row_len] in shapes.into_iter().take(if in_strides() { 3 } else { 4 }) {
        let x = values(rows, row_len);
        let x = Rows::new(&x, rows, row_len).unwrap();
        for scheme in [Scheme::int8(), Scheme::int8().with_offset(), Scheme::uint8()] {
            let groups = scheme.per_group(32).unwrap();
            for scheme in [scheme, scheme.per_channel(0), scheme.per_channel(1), groups] {
                if scheme.is_unsigned() {
                    of_matrix::<u8>(x, scheme, 0xaa);
                } else {
                    of_matrix::<i8>(x, scheme, -86);
                }
            }
        }
    }
}

fn of_matrix<Q: absmax::Integer + PartialEq>(x: Rows<'_, f32>, scheme: Scheme, untouched: Q) {
    let [rows, row_len] = [x.rows(), x.row_len()];
    let count = scheme.scale_count(&[rows, row_len]).unwrap();
    let zero_count = if scheme.is_symmetric() { 0 } else { count };
    let (mut scales, mut zero_points) = (vec![0.0; count], vec![0; zero_count]);
    let (mut q, mut sums) = (vec![untouched; rows * row_len], vec![0; count]);
    let out = QuantizedMut::new(RowsMut::new(&mut q, rows, row_len).unwrap())
        .with_scales(&mut scales)
        .with_zero_points(&mut zero_points)
        .with_sums(&mut sums);
    Backend::best().quantize_rows(scheme, x, out).unwrap();
    let params = Params::new(&scales).with_zero_points(&zero_points);

    // A few forms do where the matrix is large, and one where it is emulated too.
    let large = rows * row_len > 10_000;
    let step = if large { if in_strides() { FORMS.len() } else { 5 } } else { 1 };
    for tiles in every_form().step_by(step) {
        let (bands, len) = (tiles.bands(rows), tiles.band_len(row_len).unwrap());
        let stride = len + 9;
        for backend in Backend::available() {
            for threads in [1, 0] {
                let backend = backend.with_threads(threads);
                let name = format!("{} {scheme:?} {tiles:?} {rows} * {row_len}", backend.isa());
                let (mut own_scales, mut own_zeros) = (vec![0.0; count], vec![0; zero_count]);
                let (mut own, mut own_sums) = (vec![untouched; bands * stride], vec![0; count]);
                let to = RowsMut::strided(&mut own, bands, len, stride).unwrap();
                let out = QuantizedMut::new(to)
                    .with_tiles(tiles)
                    .with_scales(&mut own_scales)
                    .with_zero_points(&mut own_zeros)
                    .with_sums(&mut own_sums);
                backend.quantize_rows(scheme, x, out).unwrap();
                assert!(own_scales == scales && own_zeros == zero_points, "{name}");
                assert_eq!(own_sums, sums, "{name}");

                let (mut given, mut given_sums) = (vec![untouched; bands * stride], vec![0; count]);
                let to = RowsMut::strided(&mut given, bands, len, stride).unwrap();
                let out = QuantizedMut::new(to).with_tiles(tiles).with_sums(&mut given_sums);
                backend.quantize_rows_with(scheme, x, params, out).unwrap();
                assert!(given == own && given_sums == sums, "{name}: given parameters");
                let to = RowsMut::strided(&mut given, bands, len, stride).unwrap();
                let out = QuantizedMut::new(to).with_tiles(tiles);
                backend.quantize_rows_with(scheme, x, params, out).unwrap();
                assert!(given == own, "{name}: given parameters, no sums");

                let gaps = own.chunks(stride).flat_map(|band| &band[len..]);
                assert!(gaps.copied().all(|q| q == untouched), "{name}: between bands");
                let mut back = vec![untouched; q.len()];
                let from = Rows::strided(&own, bands, len, stride).unwrap();
                let to = RowsMut::new(&mut back, rows, row_len).unwrap();
                Backend::best().deinterleave(tiles, from, to).unwrap();
                assert!(back == q, "{name}: the way back");
            }
        }
    }
}

#[test]
fn interleaved_integers_have_their_places() {
    let mut random = Random(8);
    for tiles in every_form() {
        for [rows, row_len] in [[1, 1], [16, 32], [17, 33], [0, 3], [3, 0], [48, 200]] {
            let q: Vec<i8> = (0..rows * row_len).map(|_| random.bits() as i8).collect();
            let (bands, len) = (tiles.bands(rows), tiles.band_len(row_len).unwrap());
            let mut to = vec![1; bands * len];
            let from = Rows::new(&q, rows, row_len).unwrap();
            Backend::best()
                .interleave(tiles, from, -3, RowsMut::new(&mut to, bands, len).unwrap())
                .unwrap();
            let (mr, kr) = (tiles.mr(), tiles.kr());
            let mut expected = vec![-3; bands * len];
            for (i, &q) in q.iter().enumerate() {
                let (r, k) = (i / row_len, i % row_len);
                expected[r / mr * len + k / kr * mr * kr + r % mr * kr + k % kr] = q;
            }
            assert_eq!(to, expected, "{tiles:?} {rows} * {row_len}");
            let mut back = vec![0; q.len()];
            let (from, to) = (Rows::new(&to, bands, len), RowsMut::new(&mut back, rows, row_len));
            Backend::best().deinterleave(tiles, from.unwrap(), to.unwrap()).unwrap();
            assert_eq!(back, q, "{tiles:?} {rows} * {row_len}");
        }
    }
}

/// The same error as without tiles: the index counts gaps, and sets are those of the matrix.
#[test]
fn errors_are_those_of_rows() {
    let (rows, row_len, stride) = (700, 1000, 1003);
    let tiles = Tiles::new(8, 4).unwrap();
    let (bands, len) = (tiles.bands(rows), tiles.band_len(row_len).unwrap());
    let error = |x: &[f32], scheme: Scheme, tiled: bool| {
        let count = scheme.scale_count(&[rows, row_len]).unwrap();
        let (mut q, mut scales) = (vec![0i8; bands * len], vec![0.0; count]);
        let out = if tiled {
            QuantizedMut::new(RowsMut::new(&mut q, bands, len).unwrap()).with_tiles(tiles)
        } else {
            QuantizedMut::new(RowsMut::new(&mut q[..rows * row_len], rows, row_len).unwrap())
        };
        let x = Rows::strided(x, rows, row_len, stride).unwrap();
        Backend::best().quantize_rows(scheme, x, out.with_scales(&mut scales)).unwrap_err()
    };
    let rounded = |scheme: Scheme| scheme.with_scale_type(ScaleType::F16);
    for scheme in [Scheme::int8().per_channel(0), Scheme::int8().per_group(48).unwrap()] {
        let mut x = vec![1.0; rows * stride];
        for at in [699, 408, 37] {
            x[at * stride + 512] = f32::INFINITY;
            let found = error(&x, scheme, true);
            assert_eq!(found, Error::NotFinite { index: at * stride + 512, value: f32::INFINITY });
            assert_eq!(found, error(&x, scheme, false));
            x[at * stride + 512] = 1e30;
            let found = error(&x, rounded(scheme), true);
            assert!(matches!(found, Error::ScaleOverflow { .. }), "{found}");
            assert_eq!(found, error(&x, rounded(scheme), false));
            x[at * stride + 512] = f32::INFINITY;
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for [mr, kr] in [[0, 4], [4, 0], [usize::MAX, 2], [257, 256]] {
        assert_eq!(Tiles::new(mr, kr), Err(Error::InvalidTiles { mr, kr }));
    }
    let tiles = Tiles::new(4, 8).unwrap();
    assert_eq!(tiles.band_len(usize::MAX), Err(Error::SizeOverflow));
    assert_eq!(tiles.band_len(usize::MAX / 2), Err(Error::SizeOverflow));
    let x = [1.0f32; 30];
    let x = Rows::new(&x, 3, 10).unwrap();
    let make = |bands: usize, len: usize, padded: bool| {
        let (mut q, mut scales) = (vec![7i8; bands * len], [0.0; 3]);
        let out = QuantizedMut::new(RowsMut::new(&mut q, bands, len).unwrap()).with_tiles(tiles);
        let out = if padded { out.with_padding() } else { out };
        let scheme = Scheme::int8().per_channel(0);
        Backend::best().quantize_rows(scheme, x, out.with_scales(&mut scales)).inspect_err(|_| {
            assert!(q.iter().all(|&q| q == 7), "nothing is written");
        })
    };
    let misfit = |what, expected, found| Err(Error::LengthMismatch { what, expected, found });
    assert_eq!(make(1, 64, false), Ok(()));
    assert_eq!(make(2, 64, false), misfit("bands of tiles", 1, 2));
    assert_eq!(make(1, 40, false), misfit("a band of tiles", 64, 40));
    assert_eq!(make(1, 96, false), misfit("a band of tiles", 64, 96));
    assert_eq!(make(1, 96, true), Ok(()));
    assert_eq!(make(1, 80, true), misfit("a band of tiles", 64, 80));
    assert_eq!(make(1, 32, true), misfit("a band of tiles", 64, 32));

    let (mut q, mut scales) = ([0i8; 30], [0.0; 1]);
    let out = QuantizedMut::new(RowsMut::new(&mut q, 1, 30).unwrap()).with_tiles(tiles);
    let view = TensorView::new(&[1.0f32; 30], &[3, 10]).unwrap();
    let out = out.with_scales(&mut scales);
    let refused = Backend::best().quantize_tensor_into(Scheme::int8(), view, out);
    assert_eq!(refused, Err(Error::TilesOfTensor));
    let mut rows = [0i8; 30];
    let to = RowsMut::new(&mut rows, 3, 10).unwrap();
    let refused = Backend::best().deinterleave(tiles, Rows::new(&[0; 60], 2, 30).unwrap(), to);
    assert_eq!(refused, misfit("bands of tiles", 1, 2));
}

#[test]
fn rows_of_nothing_take_no_time() {
    let (tiles, many) = (Tiles::new(4, 8).unwrap(), 1 << 58);
    let none = Rows::<i8>::new(&[], many, 0).unwrap();
    let bands = many / 4;
    Backend::best().interleave(tiles, none, 0, RowsMut::new(&mut [], bands, 0).unwrap()).unwrap();
    let from = Rows::<i8>::new(&[], bands, 0).unwrap();
    Backend::best().deinterleave(tiles, from, RowsMut::new(&mut [], many, 0).unwrap()).unwrap();
}
