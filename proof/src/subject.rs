//! The subjects whose results are compared with the reference: the backends, and a control that
//! must be caught.

mod arithmetic;
mod buffers;
mod tiles;

use absmax::{
    Backend, ErrorStats, Params, QuantParams, QuantizedMut, QuantizedTensor, Result, Rows, RowsMut,
    ScaleType, Scheme, TensorView,
};

use self::buffers::Buffers;
use crate::control;
use crate::expected::{Errors, Quantized};
use crate::inputs::{BitLayout, Byte, Input, Matrix, Stored};
use crate::summed::Summed;

/// The signal to quantization noise ratio in decibels and the cosine of some statistics, which
/// [`ErrorStats`] only tells where it has `std`.
pub type Ratios = fn(&ErrorStats) -> [f64; 2];

/// Something that claims to compute what the reference computes.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A backend, on at most so many threads (0: all of the pool).
    Backend(Backend, usize),
    /// What libraries commonly do instead: the control.
    Control,
}

impl Subject {
    /// Whether the subject is the control, which has to be caught.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Control)
    }

    /// The name of the instruction set, or `control`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend(backend, _) => backend.isa().name(),
            Self::Control => "control",
        }
    }

    /// This subject on at most `threads` threads.
    pub(crate) fn threads(self, threads: usize) -> Self {
        match self {
            Self::Backend(backend, _) => Self::Backend(backend.with_threads(threads), threads),
            Self::Control => Self::Control,
        }
    }

    /// The threads that a call made here may use.
    pub(crate) fn threads_here(self) -> usize {
        match self {
            Self::Backend(_, 0) => rayon::current_num_threads(),
            Self::Backend(_, threads) => threads,
            Self::Control => 1,
        }
    }

    pub(crate) fn abs_max<T: Input>(self, x: &[T]) -> f32 {
        match self {
            Self::Backend(backend, _) => backend.abs_max(x),
            Self::Control => control::abs_max(x),
        }
    }

    pub(crate) fn min_max<T: Input>(self, x: &[T]) -> Option<(f32, f32)> {
        match self {
            Self::Backend(backend, _) => backend.min_max(x),
            Self::Control => control::min_max(x),
        }
    }

    pub(crate) fn quantize_with<T: Input, Q: Byte>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [Q],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.quantize_with_into(x, params, q),
            Self::Control => {
                control::quantize_with(x, params, q);
                Ok(())
            }
        }
    }

    pub(crate) fn fake_quantize_into<T: Input>(
        self,
        x: &[T],
        params: QuantParams,
        y: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.fake_quantize_into(x, params, y),
            Self::Control => {
                control::fake_quantize_into(x, params, y);
                Ok(())
            }
        }
    }

    pub(crate) fn dequantize_into<Q: Byte, T: Input>(
        self,
        q: &[Q],
        params: QuantParams,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.dequantize_into(q, params, x),
            Self::Control => {
                control::dequantize_into(q, params, x);
                Ok(())
            }
        }
    }

    pub(crate) fn quantize_into<T: Input>(
        self,
        x: &[T],
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let scale = backend.quantize_into(x, q)?;
                scales.fill(scale);
                Ok(())
            }
            Self::Control => {
                control::quantize_tensor(x, &[x.len()], Scheme::int8(), q, scales, &mut [])
            }
        }
    }

    /// Quantizes rows. The rows of `x` and of `q` are where `matrix` says.
    pub(crate) fn quantize_rows<T: Input, Q: Byte>(
        self,
        x: &[T],
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        q: &mut [Q],
        scales: &mut [f32],
        zero_points: &mut [i32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let mut buffers = Buffers::<Q>::like(scales, zero_points);
                let x = from_rows(x, matrix)?;
                let out = QuantizedMut::new(to_rows(q, matrix)?);
                let out = match stored.scales {
                    ScaleType::F32 => out.with_scales(scales),
                    ScaleType::F16 => out.with_scales(&mut buffers.f16),
                    ScaleType::Bf16 => out.with_scales(&mut buffers.bf16),
                };
                let out = if stored.narrow_zero_points {
                    out.with_zero_points(&mut buffers.narrow)
                } else {
                    out.with_zero_points(zero_points)
                };
                backend.quantize_rows(scheme, x, out)?;
                buffers.widen(stored, scales, zero_points);
                Ok(())
            }
            Self::Control => {
                let x = matrix.values(x);
                let mut integers = vec![Q::UNTOUCHED; x.len()];
                let shape = &matrix.shape;
                control::quantize_tensor(&x, shape, scheme, &mut integers, scales, zero_points)?;
                matrix.write(&integers, q);
                Ok(())
            }
        }
    }

    /// Quantizes rows by given parameters, which are those of `of`.
    pub(crate) fn quantize_rows_with<T: Input, Q: Byte>(
        self,
        x: &[T],
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        of: &Quantized<Q>,
        q: &mut [Q],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let (buffers, x) = (Buffers::of(of), from_rows(x, matrix)?);
                let out = QuantizedMut::new(to_rows(q, matrix)?);
                backend.quantize_rows_with(scheme, x, buffers.params(of, stored), out)
            }
            Self::Control => {
                let x = matrix.values(x);
                matrix.write(&control::quantize_tensor_with(&x, &matrix.shape, scheme, of), q);
                Ok(())
            }
        }
    }

    /// Dequantizes rows. The integers of `of` are in `q` where `matrix` says.
    pub(crate) fn dequantize_rows<Q: Byte, T: Input>(
        self,
        q: &[Q],
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        of: &Quantized<Q>,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let (buffers, q) = (Buffers::of(of), from_rows(q, matrix)?);
                let x = to_rows(x, matrix)?;
                backend.dequantize_rows(scheme, q, buffers.params(of, stored), x)
            }
            Self::Control => {
                let mut values = vec![T::UNTOUCHED; of.q.len()];
                let tensor = of.clone().into_tensor(&matrix.shape, scheme);
                control::dequantize_tensor(&tensor, &mut values)?;
                matrix.write(&values, x);
                Ok(())
            }
        }
    }

    /// Quantizes rows by the parameters of `given`, or by their own, and adds up the integers.
    pub(crate) fn row_sums<T: Input, Q: Byte>(
        self,
        x: &[T],
        matrix: Matrix,
        scheme: Scheme,
        given: Option<&Quantized<Q>>,
        to: Summed<'_, Q>,
    ) -> Result<()> {
        let Self::Backend(backend, _) = self else {
            let mut integers = vec![Q::UNTOUCHED; matrix.shape.iter().product()];
            let Summed { q, scales, zero_points, sums, scaled_sums } = to;
            let values = matrix.values(x);
            let to = Summed { q: &mut integers, scales, zero_points, sums, scaled_sums };
            control::sums(&values, &matrix.shape, scheme, given, to)?;
            matrix.write(&integers, q);
            return Ok(());
        };
        let Summed { q, scales, zero_points, sums, scaled_sums } = to;
        let x = from_rows(x, matrix)?;
        let out = with_sums(QuantizedMut::new(to_rows(q, matrix)?), sums, scaled_sums);
        rows_by(backend, (scheme, given), x, out, (scales, zero_points))
    }

    /// Quantizes a tensor and adds up the integers.
    pub(crate) fn tensor_sums<T: Input, Q: Byte>(
        self,
        x: &[T],
        shape: &[usize],
        scheme: Scheme,
        to: Summed<'_, Q>,
    ) -> Result<()> {
        let Self::Backend(backend, _) = self else {
            return control::sums(x, shape, scheme, None, to);
        };
        let Summed { q, scales, zero_points, sums, scaled_sums } = to;
        let out = QuantizedMut::new(to_rows(q, Matrix::gapless([1, x.len()]))?);
        let out = out.with_scales(scales).with_zero_points(zero_points);
        let out = with_sums(out, sums, scaled_sums);
        backend.quantize_tensor_into(scheme, TensorView::new(x, shape)?, out)
    }

    pub(crate) fn quantize_tensor<T: Input, Q: Byte>(
        self,
        x: &[T],
        shape: &[usize],
        scheme: Scheme,
        q: &mut [Q],
        scales: &mut [f32],
        zero_points: &mut [i32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let out = QuantizedMut::new(to_rows(q, Matrix::gapless([1, x.len()]))?);
                let out = out.with_scales(scales).with_zero_points(zero_points);
                backend.quantize_tensor_into(scheme, TensorView::new(x, shape)?, out)
            }
            Self::Control => control::quantize_tensor(x, shape, scheme, q, scales, zero_points),
        }
    }

    pub(crate) fn dequantize_tensor<T: Input>(
        self,
        tensor: &QuantizedTensor,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.dequantize_tensor_into(tensor, x),
            Self::Control => control::dequantize_tensor(tensor, x),
        }
    }

    pub(crate) fn pack_into<Q: Byte>(
        self,
        q: &[Q],
        row_len: usize,
        layout: BitLayout,
        packed: &mut [u8],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.pack_into(q, row_len, layout.packing()?, packed),
            Self::Control => {
                control::pack_into(q, row_len, layout, packed);
                Ok(())
            }
        }
    }

    pub(crate) fn unpack_into<Q: Byte>(
        self,
        packed: &[u8],
        row_len: usize,
        layout: BitLayout,
        q: &mut [Q],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.unpack_into(packed, row_len, layout.packing()?, q),
            Self::Control => {
                control::unpack_into(packed, row_len, layout, q);
                Ok(())
            }
        }
    }

    pub(crate) fn error_stats<T: Input>(
        self,
        x: &[T],
        y: &[f32],
        ratios: Option<Ratios>,
    ) -> Result<Errors> {
        match self {
            Self::Backend(backend, _) => {
                let stats = backend.error_stats(x, y)?;
                let (count, mse, max_abs) = (stats.count(), stats.mse(), stats.max_abs());
                Ok(Errors { count, mse, max_abs, ratios: ratios.map(|ratios| ratios(&stats)) })
            }
            Self::Control => Ok(control::errors(x, y)),
        }
    }

    pub(crate) fn widen<T: Input>(self, x: &[T], y: &mut [f32]) {
        for (x, y) in x.iter().zip(y) {
            *y = match self {
                Self::Backend(..) => x.to_f32(),
                Self::Control => control::widen(*x),
            };
        }
    }

    pub(crate) fn narrow<T: Input>(self, x: &[f32], y: &mut [T]) {
        for (x, y) in x.iter().zip(y) {
            *y = match self {
                Self::Backend(..) => T::from_f32(*x),
                Self::Control => control::narrow(*x),
            };
        }
    }

    pub(crate) fn round(self, x: &[f32], scale_type: ScaleType, y: &mut [f32]) {
        for (x, y) in x.iter().zip(y) {
            *y = match self {
                Self::Backend(..) => scale_type.round(*x),
                Self::Control => control::round(*x, scale_type),
            };
        }
    }

    pub(crate) fn params(self, scheme: Scheme, min: f32, max: f32) -> Result<QuantParams> {
        match self {
            Self::Backend(..) => scheme.params(min, max),
            Self::Control => control::params(scheme, min, max),
        }
    }
}

fn with_sums<'a, Q: Byte>(
    mut out: QuantizedMut<'a, Q>,
    sums: Option<&'a mut [i32]>,
    scaled_sums: Option<&'a mut [f32]>,
) -> QuantizedMut<'a, Q> {
    if let Some(sums) = sums {
        out = out.with_sums(sums);
    }
    if let Some(sums) = scaled_sums {
        out = out.with_scaled_sums(sums);
    }
    out
}

/// Quantizes rows by the parameters of `given`, or by their own, which are written.
fn rows_by<T: Input, Q: Byte>(
    backend: Backend,
    (scheme, given): (Scheme, Option<&Quantized<Q>>),
    x: Rows<'_, T>,
    out: QuantizedMut<'_, Q>,
    (scales, zero_points): (&mut [f32], &mut [i32]),
) -> Result<()> {
    match given {
        Some(of) => {
            let params = Params::new(&of.scales).with_zero_points(&of.zero_points);
            backend.quantize_rows_with(scheme, x, params, out)
        }
        None => {
            let out = out.with_scales(scales).with_zero_points(zero_points);
            backend.quantize_rows(scheme, x, out)
        }
    }
}

fn from_rows<V>(
    source: &[V],
    Matrix { shape: [rows, row_len], from, .. }: Matrix,
) -> Result<Rows<'_, V>> {
    Rows::strided(source, rows, row_len, from)
}

fn to_rows<V>(
    target: &mut [V],
    Matrix { shape: [rows, row_len], to, .. }: Matrix,
) -> Result<RowsMut<'_, V>> {
    RowsMut::strided(target, rows, row_len, to)
}
