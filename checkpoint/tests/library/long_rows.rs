//! Rows that are cut into slabs become what they would become in one piece.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use absmax::{Backend, Packing, Params, QuantizedMut, Range, Rows, RowsMut, Scheme};
use absmax_checkpoint::{
    CompareOptions, Control, DequantizeOptions, QuantizeOptions, compare, dequantize, quantize,
};
use safetensors::SafeTensors;

use crate::common::{Model, is_emulated};

/// A little more than the longest row that is not cut, no multiple of a slab, but one of 192.
const ROW: usize = (1 << 22) + 128;
const SHAPE: [usize; 2] = [2, ROW];

/// Values of very different sizes, other ones in each row.
fn values() -> Vec<f32> {
    let mut state = 1_u32;
    let values = (0..2 * ROW).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let x = state as i32 as f32 / 2.0_f32.powi(31);
        x * x * x + if i < ROW { 0.25 } else { 0.0 }
    });
    values.collect()
}

fn tensors(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(directory.join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors();
    tensors.into_iter().map(|(name, view)| (name, view.data().to_vec())).collect()
}

/// The whole of it by the kernels at once.
fn expected(x: &[f32], scheme: Scheme) -> (Vec<i8>, Vec<f32>, Vec<f32>) {
    let (backend, [rows, row_len]) = (Backend::best(), SHAPE);
    let sets = scheme.scale_count(&SHAPE).unwrap();
    let (mut q, mut scales, mut y) = (vec![0; x.len()], vec![0.0; sets], vec![0.0; x.len()]);
    let mut zero_points = vec![0; if scheme.is_symmetric() { 0 } else { sets }];
    let out = QuantizedMut::new(RowsMut::new(&mut q, rows, row_len).unwrap())
        .with_scales(&mut scales)
        .with_zero_points(&mut zero_points);
    backend.quantize_rows(scheme, Rows::new(x, rows, row_len).unwrap(), out).unwrap();
    let params = Params::new(&scales).with_zero_points(&zero_points);
    let (from, to) = (Rows::new(&q, rows, row_len), RowsMut::new(&mut y, rows, row_len));
    backend.dequantize_rows(scheme, from.unwrap(), params, to.unwrap()).unwrap();
    (q, scales, y)
}

#[test]
fn long_rows_are_exact() {
    let x = values();
    let bytes: Vec<u8> = x.iter().flat_map(|x| x.to_le_bytes()).collect();
    let (int8, int4) = (Scheme::int8(), Scheme::int8().bits(4).unwrap().with_range(Range::Full));
    let half = ROW / 2;
    let cases = [
        ("w8a8", false, int8.per_channel(0)),
        ("w8a8,asymmetric", false, int8.affine().per_channel(0)),
        ("w8a8,tensor", false, int8.per_tensor()),
        ("w4a16,channel", true, int4.per_channel(0)),
        ("w4a16,group=96", true, int4.per_group(96).unwrap()),
        (&format!("w4a16,group={half}"), true, int4.per_group(half).unwrap()),
        (&format!("w4a16,group={ROW}"), true, int4.per_group(ROW).unwrap()),
    ];
    for (name, packed, scheme) in cases.into_iter().step_by(if is_emulated() { 3 } else { 1 }) {
        let model = Model::new(&[("up.weight", "F32", &SHAPE.map(|d| d as u64))], &bytes);
        let mut options = QuantizeOptions::default();
        options.scheme = name.parse().unwrap();
        quantize(model.source(), model.out(), &options, &Control::new()).unwrap();
        let written = tensors(&model.out());
        let (q, scales, y) = expected(&x, scheme);
        let scale_bytes: Vec<u8> = scales.iter().flat_map(|s| s.to_le_bytes()).collect();
        assert!(written["up.weight_scale"] == scale_bytes, "{name}: scales");
        if packed {
            let packing = Packing::words(4).unwrap();
            let mut words = vec![0; packing.len(2, ROW).unwrap()];
            Backend::best().pack_into(&q, ROW, packing, &mut words).unwrap();
            assert!(written["up.weight_packed"] == words, "{name}: integers");
        } else {
            let q: Vec<u8> = q.into_iter().map(i8::cast_unsigned).collect();
            assert!(written["up.weight"] == q, "{name}: integers");
        }

        let again = model.source().with_file_name("again");
        let options = DequantizeOptions::default();
        dequantize(model.out(), &again, &options, &Control::new()).unwrap();
        let y: Vec<u8> = y.iter().flat_map(|y| y.to_le_bytes()).collect();
        assert!(tensors(&again)["up.weight"] == y, "{name}: values");
        let options = CompareOptions::default();
        let report = compare(model.out(), &again, &options, &Control::new()).unwrap();
        assert!(report.tensors[0].identical, "{name}: compared");
    }
}

/// What is wrong with a long row is said with its place.
#[test]
fn a_value_that_is_not_finite_is_found_in_a_long_row() {
    let mut x = values();
    x[2 * ROW - 7] = f32::NAN;
    let bytes: Vec<u8> = x.iter().flat_map(|x| x.to_le_bytes()).collect();
    let model = Model::new(&[("up.weight", "F32", &SHAPE.map(|d| d as u64))], &bytes);
    let options = QuantizeOptions::default();
    let error = quantize(model.source(), model.out(), &options, &Control::new()).unwrap_err();
    let text = error.root().to_string();
    assert!(text.contains(&format!("NaN at [1, {}]", ROW - 7)), "{text}");
}
