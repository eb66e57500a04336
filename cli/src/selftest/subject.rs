//! Whose results are compared with the reference: the backends, and one that must be caught.

use absmax::{Backend, QuantParams, QuantizedTensor, Quantizer, Result, Scheme, TensorView};

use super::expected::Errors;
use super::inputs::{Byte, Input, Layout};
use super::naive;

/// Something that claims to compute what the reference computes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    /// A backend, on at most so many threads (0: all of the pool).
    Backend(Backend, usize),
    /// What libraries commonly do instead: the control.
    Naive,
}

impl Subject {
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Naive)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Backend(backend, _) => backend.isa().name(),
            Self::Naive => "control",
        }
    }

    /// The same on at most `threads` threads.
    pub(super) fn threads(self, threads: usize) -> Self {
        match self {
            Self::Backend(backend, _) => Self::Backend(backend.threads(threads), threads),
            Self::Naive => Self::Naive,
        }
    }

    /// The threads that a call made here may use.
    pub(super) fn threads_here(self) -> usize {
        match self {
            Self::Backend(_, 0) => rayon::current_num_threads(),
            Self::Backend(_, threads) => threads,
            Self::Naive => 1,
        }
    }

    pub(super) fn abs_max<T: Input>(self, x: &[T]) -> f32 {
        match self {
            Self::Backend(backend, _) => backend.abs_max(x),
            Self::Naive => naive::abs_max(x),
        }
    }

    pub(super) fn min_max<T: Input>(self, x: &[T]) -> Option<(f32, f32)> {
        match self {
            Self::Backend(backend, _) => backend.min_max(x),
            Self::Naive => naive::min_max(x),
        }
    }

    pub(super) fn quantize_with<T: Input, Q: Byte>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [Q],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.quantize_with(x, params, q),
            Self::Naive => {
                naive::quantize_with(x, params, q);
                Ok(())
            }
        }
    }

    pub(super) fn fake_quantize_into<T: Input>(
        self,
        x: &[T],
        params: QuantParams,
        y: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.fake_quantize_into(x, params, y),
            Self::Naive => {
                naive::fake_quantize_into(x, params, y);
                Ok(())
            }
        }
    }

    pub(super) fn dequantize_into<Q: Byte, T: Input>(
        self,
        q: &[Q],
        params: QuantParams,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.dequantize_into(q, params, x),
            Self::Naive => {
                naive::dequantize_into(q, params, x);
                Ok(())
            }
        }
    }

    pub(super) fn quantize_into<T: Input>(
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
            Self::Naive => {
                naive::quantize_tensor(x, &[x.len()], Scheme::int8(), q, scales, &mut [])
            }
        }
    }

    pub(super) fn quantize_rows_into<T: Input>(
        self,
        x: &[T],
        row_len: usize,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.quantize_rows_into(x, row_len, q, scales),
            Self::Naive => {
                let scheme = Scheme::int8().per_channel(0);
                naive::quantize_tensor(x, &[scales.len(), row_len], scheme, q, scales, &mut [])
            }
        }
    }

    pub(super) fn quantize_tensor<T: Input, Q: Byte>(
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
            Self::Naive => naive::quantize_tensor(x, shape, scheme, q, scales, zero_points),
        }
    }

    pub(super) fn dequantize_tensor<T: Input>(
        self,
        tensor: &QuantizedTensor,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => tensor.dequantize_into(backend, x),
            Self::Naive => naive::dequantize_tensor(tensor, x),
        }
    }

    pub(super) fn pack_into<Q: Byte>(
        self,
        q: &[Q],
        row_len: usize,
        layout: Layout,
        packed: &mut [u8],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.pack_into(q, row_len, layout.packing()?, packed),
            Self::Naive => {
                naive::pack_into(q, row_len, layout, packed);
                Ok(())
            }
        }
    }

    pub(super) fn unpack_into<Q: Byte>(
        self,
        packed: &[u8],
        row_len: usize,
        layout: Layout,
        q: &mut [Q],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.unpack_into(packed, row_len, layout.packing()?, q),
            Self::Naive => {
                naive::unpack_into(packed, row_len, layout, q);
                Ok(())
            }
        }
    }

    pub(super) fn error_stats<T: Input>(self, x: &[T], y: &[f32]) -> Result<Errors> {
        match self {
            Self::Backend(backend, _) => Ok(backend.error_stats(x, y)?.into()),
            Self::Naive => Ok(naive::errors(x, y)),
        }
    }
}
