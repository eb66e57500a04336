//! Whose results are compared with the reference: the backends, and one that must be caught.

use absmax::{Backend, QuantParams, Quantizer, Result, Scheme, TensorView};

use super::inputs::Input;
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

    pub(super) fn quantize_with<T: Input>(
        self,
        x: &[T],
        params: QuantParams,
        q: &mut [i8],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => backend.quantize_with(x, params, q),
            Self::Naive => {
                naive::quantize_with(x, params, q);
                Ok(())
            }
        }
    }

    pub(super) fn dequantize_into(
        self,
        q: &[i8],
        params: QuantParams,
        x: &mut [f32],
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
            Self::Naive => naive::quantize_tensor(x, &[x.len()], Scheme::int8(), q, scales),
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
                naive::quantize_tensor(x, &[scales.len(), row_len], scheme, q, scales)
            }
        }
    }

    pub(super) fn quantize_tensor<T: Input>(
        self,
        x: &[T],
        shape: &[usize],
        scheme: Scheme,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        match self {
            Self::Backend(backend, _) => {
                let view = TensorView::new(x, shape)?;
                Quantizer::new(scheme).backend(backend).quantize_into(view, q, scales, &mut [])
            }
            Self::Naive => naive::quantize_tensor(x, shape, scheme, q, scales),
        }
    }
}
