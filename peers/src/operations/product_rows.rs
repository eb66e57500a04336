//! Measures what integer products need beside the integers of each row: sums, an offset, strides,
//! padding and tiles, each beside plain rows.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Backend, Integer, QuantizedMut, Rows, RowsMut, Scheme, Tiles};
use anyhow::ensure;

use super::answers::quantized_apart;
use super::run::Run;
use super::tensor::ROW;
use crate::buffer::Buffer;
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;

/// How far rows with gaps are apart, and how long padded rows are.
const STRIDE: usize = ROW + 64;

/// Where all contenders put their results.
struct To {
    q: Buffer<i8>,
    scales: Vec<f32>,
    sums: Vec<i32>,
    scaled_sums: Vec<f32>,
}

/// What one contender reads and writes.
#[derive(Clone, Copy)]
struct Form<'a> {
    backend: Backend,
    inputs: &'a [Buffer<f32>],
    /// The distance from one row of values to the next.
    stride: usize,
    /// The length of a row of integers.
    row_len: usize,
    sums: bool,
    scaled_sums: bool,
    tiles: Option<Tiles>,
}

/// The tiles of the products of VNNI and of i8mm.
const TILES: [[usize; 2]; 3] = [[4, 8], [8, 4], [16, 4]];

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (rows, offset) = (run.elements() / ROW, run.conditions.offset);
    let right = quantized_apart(&run.inputs[0], ROW)?;
    let apart: Vec<_> = run.inputs.iter().map(|x| strided(x, offset)).collect();
    let to = &RefCell::new(To {
        q: Buffer::new(rows * STRIDE, 0, offset),
        scales: vec![0.0; rows],
        sums: vec![0; rows],
        scaled_sums: vec![0.0; rows],
    });
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let inputs = &run.inputs[..];
        let (sums, scaled_sums, tiles) = (false, false, None);
        let plain = Form { backend, inputs, stride: ROW, row_len: ROW, sums, scaled_sums, tiles };
        let named = |what: &str| format!("{name}, {what}");
        let summed = Form { sums: true, ..plain };
        let both = Form { scaled_sums: true, ..summed };
        let apart = Form { inputs: &apart, stride: STRIDE, ..plain };
        let padded = Form { row_len: STRIDE, ..plain };
        all.push(contender::<i8>(name.clone(), plain, to, &right)?);
        all.push(contender::<i8>(named("with sums"), summed, to, &right)?);
        all.push(contender::<i8>(named("with scaled sums too"), both, to, &right)?);
        all.push(contender::<i8>(named(&format!("{STRIDE} apart")), apart, to, &right)?);
        all.push(contender::<i8>(named(&format!("padded to {STRIDE}")), padded, to, &right)?);
        all.push(contender::<u8>(named("u8 with an offset"), plain, to, &right)?);
        // Fewer rows would leave most of a band empty.
        for [mr, kr] in TILES.into_iter().filter(|[mr, _]| rows.is_multiple_of(*mr)) {
            let tiled = Form { tiles: Some(Tiles::new(mr, kr)?), ..plain };
            all.push(contender::<i8>(named(&format!("tiles {mr}x{kr}")), tiled, to, &right)?);
        }
    }
    Ok(run.interleave(run.inputs.len(), all))
}

/// The rows of `x`, further apart.
fn strided(x: &[f32], offset: usize) -> Buffer<f32> {
    let mut apart = Buffer::new(x.len() / ROW * STRIDE, 0.0, offset);
    for (from, to) in x.chunks(ROW).zip(apart.chunks_mut(STRIDE)) {
        to[..ROW].copy_from_slice(from);
    }
    apart
}

/// A contender whose integers are of one type. Those of u8 have an offset.
fn contender<'a, Q: Integer + bytemuck::Pod>(
    name: String,
    form: Form<'a>,
    to: &'a RefCell<To>,
    right: &[i8],
) -> anyhow::Result<Contender<'a>> {
    let int8 = Scheme::int8().per_channel(0);
    let scheme = if Q::MIN == 0 { int8.with_offset() } else { int8 };
    let call = move |i: usize| {
        let Form { backend, inputs, stride, row_len, sums, scaled_sums, tiles } = form;
        let to = &mut *to.borrow_mut();
        let rows = to.scales.len();
        let q = bytemuck::cast_slice_mut::<i8, Q>(&mut to.q[..rows * row_len]);
        let mut out = match tiles {
            Some(tiles) => {
                let mr = tiles.mr();
                QuantizedMut::new(RowsMut::new(q, rows / mr, mr * row_len)?).with_tiles(tiles)
            }
            None => QuantizedMut::new(RowsMut::new(q, rows, row_len)?),
        };
        out = out.with_padding().with_scales(&mut to.scales);
        if sums {
            out = out.with_sums(&mut to.sums);
        }
        if scaled_sums {
            out = out.with_scaled_sums(&mut to.scaled_sums);
        }
        backend.quantize_rows(scheme, Rows::strided(black_box(&inputs[i]), rows, ROW, stride)?, out)
    };
    call(0)?;
    let found = to.borrow();
    let mut integers = bytemuck::cast_slice::<i8, Q>(&found.q).to_vec();
    if let Some(tiles) = form.tiles {
        let (rows, mr) = (right.len() / ROW, tiles.mr());
        let bands = integers[..right.len()].to_vec();
        let to = RowsMut::new(&mut integers[..right.len()], rows, ROW)?;
        Backend::best().deinterleave(tiles, Rows::new(&bands, rows / mr, mr * ROW)?, to)?;
    }
    let rows = right.chunks(ROW).zip(integers.chunks(form.row_len));
    for (row, (right, q)) in rows.enumerate() {
        let values: Vec<i32> = q.iter().map(|q| q.to_i32() - scheme.offset()).collect();
        let right: Vec<i32> = right.iter().map(|&q| q.into()).collect();
        exactly(&name, &values[..ROW], &right)?;
        ensure!(values[ROW..].iter().all(|&q| q == 0), "{name}: the padding is wrong");
        let sum: i32 = right.iter().sum();
        ensure!(!form.sums || found.sums[row] == sum, "{name}: a sum is wrong");
        let scaled = sum as f32 * found.scales[row];
        ensure!(
            !form.scaled_sums || found.scaled_sums[row] == scaled,
            "{name}: a product is wrong"
        );
    }
    Ok(Contender::new(name, Exact::Yes, move |i| {
        let _ = black_box(call(i));
    }))
}
