//! What every public operation answers, by its bits.

use absmax::{
    Arithmetic, Backend, ByArithmetic, Element, Histogram, Integer, Integers, Observer, Params,
    QuantParams, QuantizedMut, QuantizedTensor, Range, Rows, RowsMut, ScaleType, Scheme,
    TensorView, Tiles, division, reference,
};

use crate::inputs::{COLUMNS, Data, Inputs};

/// Answers by their bits.
#[derive(Default)]
pub(crate) struct Answers(pub(crate) Vec<u64>);

impl Answers {
    pub(crate) fn number(&mut self, x: f32) {
        self.0.push(x.to_bits().into());
    }

    fn numbers<T: Element>(&mut self, x: &[T]) {
        for x in x {
            let bytes = bytemuck::bytes_of(x).iter();
            self.0.push(bytes.fold(0, |bits, &byte| bits << 8 | u64::from(byte)));
        }
    }

    pub(crate) fn integers(&mut self, q: impl IntoIterator<Item = impl Into<i32>>) {
        self.0.extend(q.into_iter().map(|q| q.into() as u64));
    }

    fn params(&mut self, params: absmax::Result<QuantParams>) {
        match params {
            Ok(params) => {
                self.number(params.scale());
                self.integers([params.zero_point()]);
            }
            Err(_) => self.0.push(u64::MAX),
        }
    }
}

fn schemes() -> Vec<Scheme> {
    vec![
        Scheme::int8(),
        Scheme::int8().with_range(Range::Full).per_channel(0),
        Scheme::int8().per_channel(1).with_scale_type(ScaleType::Bf16),
        Scheme::uint8().per_channel(0).with_scale_type(ScaleType::F16),
        Scheme::uint8().per_channel(1),
        Scheme::int4().per_group(32).unwrap().with_scale_type(ScaleType::F16),
        Scheme::uint4().per_group(32).unwrap().with_scale_type(ScaleType::Bf16),
        Scheme::int8().affine().per_group(36).unwrap(),
    ]
}

/// What every operation on tensors answers.
pub(crate) fn answers<T: Element>(backend: Backend, data: &Data<T>, answers: &mut Answers) {
    let x = &data.x[..];
    let mut q = vec![0i8; x.len()];
    let mut u = vec![0u8; x.len()];
    let mut y = x.to_vec();
    answers.number(backend.abs_max(x));
    let (min, max) = backend.min_max(x).unwrap();
    answers.number(min);
    answers.number(max);
    if let Ok(scale) = backend.quantize_into(x, &mut q) {
        answers.number(scale);
        answers.integers(q.iter().copied());
    }
    for scale in [0.37, 1e-39] {
        let params = QuantParams::symmetric(scale).unwrap();
        backend.quantize_with_into(x, params, &mut q).unwrap();
        answers.integers(q.iter().copied());
        backend.fake_quantize_into(x, params, &mut y).unwrap();
        answers.numbers(&y);
        let mut in_place = x.to_vec();
        backend.fake_quantize_in_place(&mut in_place, params);
        answers.numbers(&in_place);
        backend.dequantize_into(&q, params, &mut y).unwrap();
        answers.numbers(&y);
        backend
            .quantize_with_into(x, QuantParams::new(scale, 9, 0..=255).unwrap(), &mut u)
            .unwrap();
        answers.integers(u.iter().copied());
    }
    let rows = x.len() / COLUMNS;
    for row_len in [COLUMNS, COLUMNS - 5] {
        let mut scales = vec![0.0; rows];
        let out = RowsMut::strided(&mut q, rows, row_len, COLUMNS).unwrap();
        let out = QuantizedMut::new(out).with_scales(&mut scales);
        let x_rows = Rows::strided(x, rows, row_len, COLUMNS).unwrap();
        backend.quantize_rows(Scheme::int8().per_channel(0), x_rows, out).unwrap();
        answers.integers(q.iter().copied());
        answers.numbers(&scales);
        tiles(backend, x_rows, answers);
    }
    for scheme in schemes() {
        let shape = [rows, COLUMNS];
        let view = TensorView::new(x, &shape).unwrap();
        let Ok(tensor) = backend.quantize_tensor(scheme, view) else {
            answers.0.push(u64::MAX);
            continue;
        };
        answers.integers(tensor.data.iter());
        answers.numbers(&tensor.scales);
        answers.integers(tensor.zero_points.iter().copied());
        match &tensor.data {
            Integers::I8(q) => given(backend, x, &tensor, q, answers),
            Integers::U8(q) => given(backend, x, &tensor, q, answers),
        }
        let mut back = vec![0.0f32; x.len()];
        backend.dequantize_tensor_into(&tensor, &mut back).unwrap();
        answers.numbers(&back);
        let stats = backend.error_stats(x, &back).unwrap();
        let merged = stats.merge(stats);
        answers.0.extend([stats.mse(), stats.max_abs(), merged.mse()].map(f64::to_bits));
        #[cfg(feature = "std")]
        answers.0.extend([stats.sqnr_db(), stats.cosine()].map(f64::to_bits));
    }
    for (_, by) in Arithmetic::PRESETS {
        by_arithmetic(backend.by(by), by, x, answers);
    }
    for mut observer in [
        Observer::abs_max(),
        Observer::min_max(),
        Observer::moving_average(0.3).unwrap(),
        Observer::percentile(99.0).unwrap(),
        Observer::mse(),
    ] {
        backend.observe(&mut observer, &x[..x.len() / 2]).unwrap();
        backend.observe(&mut observer, &x[x.len() / 2..]).unwrap();
        let _ = observer.clone().merge(&observer);
        let (min, max) = observer.limits(Scheme::int4()).unwrap();
        answers.number(min);
        answers.number(max);
        answers.params(observer.params(Scheme::uint8()));
    }
    let mut histogram = Histogram::new();
    backend.observe_histogram(&mut histogram, x).unwrap();
    answers.number(histogram.percentile(90.0).unwrap());
    answers.number(histogram.mse_clip(Scheme::int4()));
}

/// What operations by an arithmetic answer.
fn by_arithmetic<T: Element>(
    backend: ByArithmetic,
    by: Arithmetic,
    x: &[T],
    answers: &mut Answers,
) {
    let int8 = Scheme::int8();
    for scheme in [int8, int8.with_range(Range::Full), int8.affine(), Scheme::uint8()] {
        let scheme = scheme.per_group(32).unwrap();
        if !by.schemes.contains(scheme) {
        } else if scheme.is_unsigned() {
            by_scheme::<T, u8>(backend, scheme, x, answers);
        } else {
            by_scheme::<T, i8>(backend, scheme, x, answers);
        }
    }
    if by.check_blocks().is_ok() {
        blocks::<T, 32, 34>(x, answers, |x, to| backend.quantize_q8_0(x, to));
        blocks::<T, 32, 36>(x, answers, |x, to| backend.quantize_q8_1(x, to));
        blocks::<T, 256, 292>(x, answers, |x, to| backend.quantize_q8_k(x, to));
    }
}

/// Blocks of SIZE bytes, each of N values.
fn blocks<T: Element, const N: usize, const SIZE: usize>(
    x: &[T],
    answers: &mut Answers,
    quantize: impl FnOnce(Rows<'_, T>, RowsMut<'_, [u8; SIZE]>) -> absmax::Result<()>,
) {
    let x = x.as_chunks::<N>().0.as_flattened();
    let mut blocks = vec![[0; SIZE]; x.len() / N];
    let to = RowsMut::new(&mut blocks, 1, x.len() / N).unwrap();
    let done = quantize(Rows::new(x, 1, x.len()).unwrap(), to);
    answers.integers([u8::from(done.is_ok())]);
    if done.is_ok() {
        answers.integers(blocks.into_iter().flatten());
    }
}

/// Tiles, by the data's own parameters and by given ones.
fn tiles<T: Element>(backend: Backend, x: Rows<'_, T>, answers: &mut Answers) {
    let tiles = Tiles::new(8, 4).unwrap();
    let (bands, len) = (tiles.bands(x.rows()), tiles.band_len(x.row_len()).unwrap());
    let scheme = Scheme::uint8().per_channel(0);
    let (mut q, mut scales) = (vec![0u8; bands * len], vec![0.0; x.rows()]);
    let mut zero_points = vec![0u8; x.rows()];
    let out = QuantizedMut::new(RowsMut::new(&mut q, bands, len).unwrap()).with_tiles(tiles);
    let out = out.with_scales(&mut scales).with_zero_points(&mut zero_points);
    backend.quantize_rows(scheme, x, out).unwrap();
    answers.integers(q.iter().copied());
    let params = Params::new(&scales).with_zero_points(&zero_points);
    let out = QuantizedMut::new(RowsMut::new(&mut q, bands, len).unwrap()).with_tiles(tiles);
    backend.quantize_rows_with(scheme, x, params, out).unwrap();
    answers.integers(q);
    answers.numbers(&scales);
    answers.integers(zero_points);
}

fn by_scheme<T: Element, Q: Integer + Into<i32> + Default>(
    backend: ByArithmetic,
    scheme: Scheme,
    x: &[T],
    answers: &mut Answers,
) {
    let (rows, sets) = (x.len() / COLUMNS, x.len() / 32);
    let mut q = vec![Q::default(); x.len()];
    let (mut scales, mut scaled_sums) = (vec![0.0; sets], vec![0.0; sets]);
    let mut zero_points = vec![0; if scheme.is_symmetric() { 0 } else { sets }];
    let out = QuantizedMut::new(RowsMut::new(&mut q, rows, COLUMNS).unwrap())
        .with_scales(&mut scales)
        .with_scaled_sums(&mut scaled_sums)
        .with_zero_points(&mut zero_points);
    let done = backend.quantize_rows(scheme, Rows::new(x, rows, COLUMNS).unwrap(), out);
    answers.integers([u8::from(done.is_ok())]);
    if done.is_ok() {
        answers.integers(q);
        answers.numbers(&scales);
        answers.numbers(&scaled_sums);
        answers.integers(zero_points);
    }
}

/// What operations with given parameters answer: those of a tensor, whose integers are `q`.
fn given<T: Element, Q: Integer + Into<i32> + Default>(
    backend: Backend,
    x: &[T],
    tensor: &QuantizedTensor,
    q: &[Q],
    answers: &mut Answers,
) {
    let rows = x.len() / COLUMNS;
    let params = Params::new(&tensor.scales).with_zero_points(&tensor.zero_points);
    let mut again = vec![Q::default(); q.len()];
    let out = QuantizedMut::new(RowsMut::new(&mut again, rows, COLUMNS).unwrap());
    let x = Rows::new(x, rows, COLUMNS).unwrap();
    backend.quantize_rows_with(tensor.scheme, x, params, out).unwrap();
    answers.integers(again.iter().copied());
    let mut back = vec![T::from_f32(0.0); q.len()];
    let to = RowsMut::new(&mut back, rows, COLUMNS).unwrap();
    let q = Rows::new(q, rows, COLUMNS).unwrap();
    backend.dequantize_rows(tensor.scheme, q, params, to).unwrap();
    answers.numbers(&back);
}

/// What functions of single numbers answer, of the data's limits and of some of its values.
fn scalars<T: Element>(data: &Data<T>, answers: &mut Answers) {
    let (min, max) = data.limits;
    for scheme in schemes() {
        answers.params(scheme.params(min, max));
        let (scale, zero_point) = reference::choose(min, max, scheme);
        answers.number(scale);
        answers.integers([zero_point]);
    }
    for &x in &data.x[..COLUMNS] {
        let value = x.to_f32();
        answers.number(value);
        answers.number(reference::widen(x));
        answers.numbers(&[T::from_f32(value), reference::narrow::<T>(value)]);
        let scale = f32::from_bits(value.to_bits() & 0x7fff_ffff);
        for scale_type in [ScaleType::F16, ScaleType::Bf16] {
            answers.number(scale_type.round(scale));
            answers.number(reference::store(scale, scale_type));
        }
        if let Some(reciprocal) = division::Reciprocal::new(scale) {
            answers.numbers(&[reciprocal.hi, reciprocal.lo]);
        }
        if let Ok(params) = QuantParams::symmetric(scale) {
            answers.integers([reference::quantize_one(x, params)]);
            answers.number(reference::dequantize_one(77i8, params));
        }
    }
    answers.number(reference::abs_max(&data.x));
    let (min, max) = reference::min_max(&data.x).unwrap();
    answers.number(min);
    answers.number(max);
}

pub(crate) fn all(backend: Backend, inputs: &Inputs) -> Vec<u64> {
    let mut all = Answers::default();
    answers(backend, &inputs.0, &mut all);
    answers(backend, &inputs.1, &mut all);
    answers(backend, &inputs.2, &mut all);
    scalars(&inputs.0, &mut all);
    scalars(&inputs.1, &mut all);
    scalars(&inputs.2, &mut all);
    let tally = division::check(backend, 0..16, division::Reciprocal::new);
    all.0.extend([tally.cases, tally.mismatches, tally.stepless]);
    all.0
}
