//! The operations on matrices by any cut, in terms of the kernel crate. Nothing here knows Python.

use absmax::{
    Arithmetic, Backend, Element, Integer, Params, QuantParams, QuantizedMut, Result, Rows,
    RowsMut, Scheme, TensorView,
};

use crate::cut::Kind;

/// How values are quantized.
#[derive(Clone, Copy)]
pub(crate) struct How {
    pub(crate) kind: Kind,
    /// The scheme of the matrix, or of one plane.
    pub(crate) scheme: Scheme,
    pub(crate) arithmetic: Arithmetic,
}

/// What is written for each scale group. Symmetric schemes have no zero points.
pub(crate) struct Sets<'a> {
    pub(crate) scales: &'a mut [f32],
    pub(crate) zero_points: &'a mut [i32],
    pub(crate) sums: Option<&'a mut [i32]>,
}

impl How {
    /// Quantizes with scales that are computed from the values.
    pub(crate) fn quantize<T: Element, Q: Integer>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        q: RowsMut<'_, Q>,
        sets: Sets<'_>,
    ) -> Result<()> {
        let out = QuantizedMut::new(q).with_scales(sets.scales);
        let out = out.with_zero_points(sets.zero_points);
        let out = match sets.sums {
            Some(sums) => out.with_sums(sums),
            None => out,
        };
        if self.arithmetic != Arithmetic::exact() {
            return backend.by(self.arithmetic).quantize_rows(self.scheme, x, out);
        }
        match (self.kind, x.get(0)) {
            (Kind::Planes(shape), Some(values)) => {
                let view = TensorView::new(values, &shape)?;
                backend.quantize_tensor_into(self.scheme.per_channel(1), view, out)
            }
            _ => backend.quantize_rows(self.scheme, x, out),
        }
    }

    /// Quantizes with scales, and zero points, that are given.
    pub(crate) fn quantize_with<T: Element, Q: Integer>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        params: Params<'_>,
        mut q: RowsMut<'_, Q>,
    ) -> Result<()> {
        let by = backend.by(self.arithmetic);
        let (Some((channels, len)), Some(x), Some(q)) = (self.plane(), x.get(0), q.get_mut(0))
        else {
            return by.quantize_rows_with(self.scheme, x, params, QuantizedMut::new(q));
        };
        let size = channels * len;
        if size == 0 {
            // Parameters are looked at even so.
            let out = QuantizedMut::new(RowsMut::new(q, channels, 0)?);
            return by.quantize_rows_with(self.scheme, Rows::new(x, channels, 0)?, params, out);
        }
        x.chunks(size).zip(q.chunks_mut(size)).try_for_each(|(x, q)| {
            let out = QuantizedMut::new(RowsMut::new(q, channels, len)?);
            by.quantize_rows_with(self.scheme, Rows::new(x, channels, len)?, params, out)
        })
    }

    /// Dequantizes.
    pub(crate) fn dequantize<Q: Integer, T: Element>(
        self,
        backend: Backend,
        q: Rows<'_, Q>,
        params: Params<'_>,
        mut x: RowsMut<'_, T>,
    ) -> Result<()> {
        let (Some((channels, len)), Some(q), Some(x)) = (self.plane(), q.get(0), x.get_mut(0))
        else {
            return backend.dequantize_rows(self.scheme, q, params, x);
        };
        let size = channels * len;
        if size == 0 {
            let (q, x) = (Rows::new(q, channels, 0)?, RowsMut::new(x, channels, 0)?);
            return backend.dequantize_rows(self.scheme, q, params, x);
        }
        q.chunks(size).zip(x.chunks_mut(size)).try_for_each(|(q, x)| {
            let (q, x) = (Rows::new(q, channels, len)?, RowsMut::new(x, channels, len)?);
            backend.dequantize_rows(self.scheme, q, params, x)
        })
    }

    /// Quantizes and dequantizes. Without parameters, they are computed.
    pub(crate) fn fake_quantize<T: Element, Q: Integer + Default>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        given: Option<Params<'_>>,
        count: usize,
        y: RowsMut<'_, T>,
    ) -> Result<()> {
        let (rows, row_len) = (x.rows(), x.row_len());
        let mut q = vec![Q::default(); rows * row_len];
        let out = RowsMut::new(&mut q, rows, row_len)?;
        if let Some(params) = given {
            self.quantize_with(backend, x, params, out)?;
            return self.dequantize(backend, Rows::new(&q, rows, row_len)?, params, y);
        }
        let mut scales = vec![0.0; count];
        let mut zero_points = vec![0; if self.scheme.is_symmetric() { 0 } else { count }];
        let sets = Sets { scales: &mut scales, zero_points: &mut zero_points, sums: None };
        self.quantize(backend, x, out, sets)?;
        let params = Params::new(&scales).with_zero_points(&zero_points);
        self.dequantize(backend, Rows::new(&q, rows, row_len)?, params, y)
    }

    /// [`How::fake_quantize`] in one pass, if there is one scale for all values.
    pub(crate) fn fake_quantize_rows<T: Element>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        params: QuantParams,
        mut y: RowsMut<'_, T>,
    ) -> Result<()> {
        for row in 0..x.rows() {
            if let (Some(x), Some(y)) = (x.get(row), y.get_mut(row)) {
                backend.fake_quantize_into(x, params, y)?;
            }
        }
        Ok(())
    }

    /// The parameters of all values, if they are one scale group and are computed with as
    /// [`absmax`] does.
    pub(crate) fn single(self, scales: &[f32], zero_points: &[i32]) -> Result<Option<QuantParams>> {
        let (Kind::All, &[scale], true) =
            (self.kind, scales, self.arithmetic == Arithmetic::exact())
        else {
            return Ok(None);
        };
        let zero_point = zero_points.first().copied().unwrap_or(self.scheme.offset());
        QuantParams::new(scale, zero_point, self.scheme.qmin()..=self.scheme.qmax()).map(Some)
    }

    /// The channels of a plane and the values of each, if there are planes. Without values, there
    /// is one plane, and no channel has any.
    fn plane(self) -> Option<(usize, usize)> {
        match self.kind {
            Kind::Planes([planes, channels, len]) => {
                Some((channels, if planes == 0 { 0 } else { len }))
            }
            _ => None,
        }
    }
}
