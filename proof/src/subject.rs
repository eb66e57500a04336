//! Whose results are compared with the reference: the backends, and one that must be caught.

use absmax::{
    Backend, ErrorStats, QuantParams, QuantizedTensor, Quantizer, Result, ScaleType, Scheme,
    TensorView,
};

use crate::control;
use crate::expected::Errors;
use crate::inputs::{Byte, Input, Layout};

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
    /// Whether it is the one that has to be caught.
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
            Self::Backend(backend, _) => Self::Backend(backend.threads(threads), threads),
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
            Self::Backend(backend, _) => backend.quantize_with(x, params, q),
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

    pub(crate) fn quantize_rows_into<T: Input>(
        self,
        x: &[T],
        row_len: usize,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.quantize_rows_into(x, row_len, q, scales),
            Self::Control => {
                let scheme = Scheme::int8().per_channel(0);
                control::quantize_tensor(x, &[scales.len(), row_len], scheme, q, scales, &mut [])
            }
        }
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
                let view = TensorView::new(x, shape)?;
                let quantizer = Quantizer::new(scheme).backend(backend);
                quantizer.quantize_into(view, q, scales, zero_points)
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
            Self::Backend(backend, _) => tensor.dequantize_into(backend, x),
            Self::Control => control::dequantize_tensor(tensor, x),
        }
    }

    pub(crate) fn pack_into<Q: Byte>(
        self,
        q: &[Q],
        row_len: usize,
        layout: Layout,
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
        layout: Layout,
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
