//! The operations on matrices by any cut, in terms of the kernel crate. Nothing here knows Python.

use absmax::{
    Arithmetic, Element, Integer, Params, QuantParams, QuantizedMut, Result, Rows, RowsMut, Scheme,
    TensorView,
};

use crate::cut::Kind;
use crate::pool::Threads;

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

/// Scales and zero points of all scale groups. There may be no zero points.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a> {
    pub(crate) scales: &'a [f32],
    pub(crate) zero_points: &'a [i32],
}

impl<'a> Numbers<'a> {
    fn params(self) -> Params<'a> {
        Params::new(self.scales).with_zero_points(self.zero_points)
    }
}

impl How {
    /// Quantizes with scales that are computed from the values.
    pub(crate) fn quantize<T: Element, Q: Integer>(
        self,
        threads: Threads,
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
        threads.kernel(|backend| {
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
        })
    }

    /// Quantizes with scales, and zero points, that are given.
    pub(crate) fn quantize_with<T: Element, Q: Integer>(
        self,
        threads: Threads,
        x: Rows<'_, T>,
        given: Numbers<'_>,
        q: RowsMut<'_, Q>,
    ) -> Result<()> {
        let params = given.params();
        threads.kernel(|backend| {
            let by = backend.by(self.arithmetic);
            let Some((channels, len)) = self.plane() else {
                return by.quantize_rows_with(self.scheme, x, params, QuantizedMut::new(q));
            };
            each_plane(channels * len, x, q, |x, q| {
                let out = QuantizedMut::new(RowsMut::new(q, channels, len)?);
                by.quantize_rows_with(self.scheme, Rows::new(x, channels, len)?, params, out)
            })
        })
    }

    /// Dequantizes.
    pub(crate) fn dequantize<Q: Integer, T: Element>(
        self,
        threads: Threads,
        q: Rows<'_, Q>,
        given: Numbers<'_>,
        x: RowsMut<'_, T>,
    ) -> Result<()> {
        let params = given.params();
        threads.kernel(|backend| {
            let Some((channels, len)) = self.plane() else {
                return backend.dequantize_rows(self.scheme, q, params, x);
            };
            each_plane(channels * len, q, x, |q, x| {
                let (q, x) = (Rows::new(q, channels, len)?, RowsMut::new(x, channels, len)?);
                backend.dequantize_rows(self.scheme, q, params, x)
            })
        })
    }

    /// Quantizes and dequantizes. Without parameters, they are computed.
    pub(crate) fn fake_quantize<T: Element, Q: Integer + Default>(
        self,
        threads: Threads,
        x: Rows<'_, T>,
        given: Option<Numbers<'_>>,
        count: usize,
        mut y: RowsMut<'_, T>,
    ) -> Result<()> {
        if let Some(given) = given
            && let Some(params) = self.single(given)?
            && let (Some(x), Some(y)) = (one(x), one_mut(&mut y))
        {
            return threads.kernel(|backend| backend.fake_quantize_into(x, params, y));
        }
        let (rows, row_len) = (x.rows(), x.row_len());
        let mut q = vec![Q::default(); rows * row_len];
        let out = RowsMut::new(&mut q, rows, row_len)?;
        if let Some(given) = given {
            self.quantize_with(threads, x, given, out)?;
            return self.dequantize(threads, Rows::new(&q, rows, row_len)?, given, y);
        }
        let mut scales = vec![0.0; count];
        let mut zero_points = vec![0; if self.scheme.is_symmetric() { 0 } else { count }];
        let sets = Sets { scales: &mut scales, zero_points: &mut zero_points, sums: None };
        self.quantize(threads, x, out, sets)?;
        let given = Numbers { scales: &scales, zero_points: &zero_points };
        self.dequantize(threads, Rows::new(&q, rows, row_len)?, given, y)
    }

    /// The parameters of all values, if they are one scale group. Of symmetric schemes that are
    /// given another zero point than theirs there are none: the kernels refuse them.
    fn single(self, given: Numbers<'_>) -> Result<Option<QuantParams>> {
        let &[scale] = given.scales else { return Ok(None) };
        let (scheme, offset) = (self.scheme, self.scheme.offset());
        let zero_point = given.zero_points.first().copied().unwrap_or(offset);
        let exact = self.kind == Kind::All && self.arithmetic == Arithmetic::exact();
        if !exact || scheme.is_symmetric() && zero_point != offset {
            return Ok(None);
        }
        QuantParams::new(scale, zero_point, scheme.qmin()..=scheme.qmax()).map(Some)
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

/// Runs an operation on each plane of so many values. Without values it runs once, so that
/// parameters are looked at even so.
fn each_plane<A, B>(
    size: usize,
    from: Rows<'_, A>,
    mut to: RowsMut<'_, B>,
    mut run: impl FnMut(&[A], &mut [B]) -> Result<()>,
) -> Result<()> {
    match (from.get(0), to.get_mut(0)) {
        (Some(from), Some(to)) if size > 0 => {
            from.chunks(size).zip(to.chunks_mut(size)).try_for_each(|(from, to)| run(from, to))
        }
        _ => run(&[], &mut []),
    }
}

/// All values, if they are one row.
fn one<T>(x: Rows<'_, T>) -> Option<&[T]> {
    if x.rows() == 1 { x.get(0) } else { None }
}

/// All values, if they are one row.
fn one_mut<'a, T>(x: &'a mut RowsMut<'_, T>) -> Option<&'a mut [T]> {
    if x.rows() == 1 { x.get_mut(0) } else { None }
}
