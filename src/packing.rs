//! Packs small integers into bytes, and unpacks them.

use crate::drive::{self, CHUNK};
use crate::error::same_length;
use crate::kernel::{Coding, Pack, Unpack};
use crate::{Backend, Error, Integer, Result};

/// How integers of 2, 4 or 8 bits lie in bytes. The first integer is in the lowest bits.
///
/// ```
/// use absmax::{Backend, Packing};
///
/// let backend = Backend::best();
/// let q: [i8; 4] = [1, -1, 7, -8];
/// let mut packed = [0; 2];
/// backend.pack_into(&q, 4, Packing::bytes(4)?, &mut packed)?;
/// assert_eq!(packed, [0xf1, 0x87]);
///
/// let mut words = [0; 4];
/// backend.pack_into(&q, 4, Packing::words(4)?, &mut words)?;
/// assert_eq!(words, [0x79, 0x0f, 0, 0]);
///
/// let mut unpacked = [0i8; 4];
/// backend.unpack_into(&words, 4, Packing::words(4)?, &mut unpacked)?;
/// assert_eq!(unpacked, q);
/// # Ok::<(), absmax::Error>(())
/// ```
///
/// A weight of two output features becomes int4 with a scale for every group of 32 values, two integers
/// to a byte:
///
/// ```
/// use absmax::{Backend, Packing, Scheme, TensorView};
///
/// let (rows, row_len) = (2, 64);
/// let weight: Vec<f32> = (0..rows * row_len).map(|i| i as f32 - 50.0).collect();
/// let shape = [rows, row_len];
/// let scheme = Scheme::int4().per_group(32)?;
///
/// let backend = Backend::best();
/// let quantized = backend.quantize_tensor(scheme, TensorView::new(&weight, &shape)?)?;
/// assert_eq!(quantized.scales.len(), 4);
/// let q = quantized.data.as_i8().expect("int4 is signed");
/// let packing = Packing::bytes(4)?;
/// let mut packed = vec![0; packing.len(rows, row_len)?];
/// backend.pack_into(q, row_len, packing, &mut packed)?;
/// assert_eq!(packed.len(), 64);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    bits: u8,
    words: bool,
}

impl Packing {
    /// Signed integers are stored in two's complement, one row right after another. This is how
    /// ONNX stores `int4` and `uint4`, two to a byte.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPacking`] unless `bits` is 2, 4 or 8.
    pub fn bytes(bits: u8) -> Result<Self> {
        Self::new(bits, false)
    }

    /// Signed integers are stored with 2^(bits - 1) added, and every row starts a little-endian
    /// word of 32 bits. This is the `pack-quantized` format of compressed-tensors.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPacking`] unless `bits` is 2, 4 or 8.
    pub fn words(bits: u8) -> Result<Self> {
        Self::new(bits, true)
    }

    fn new(bits: u8, words: bool) -> Result<Self> {
        if matches!(bits, 2 | 4 | 8) {
            Ok(Self { bits, words })
        } else {
            Err(Error::InvalidPacking { bits })
        }
    }

    /// The number of bytes that `rows` rows of `row_len` integers take.
    ///
    /// # Errors
    ///
    /// [`Error::SizeOverflow`] if the number of integers overflows.
    pub fn len(self, rows: usize, row_len: usize) -> Result<usize> {
        let per_byte = usize::from(8 / self.bits);
        let rows_bytes = if self.words {
            let row = row_len.div_ceil(per_byte).checked_next_multiple_of(4);
            row.and_then(|row| row.checked_mul(rows))
        } else {
            rows.checked_mul(row_len).map(|n| n.div_ceil(per_byte))
        };
        rows_bytes.ok_or(Error::SizeOverflow)
    }

    fn coding<Q: Integer>(self) -> Coding {
        match (Q::UNSIGNED, self.words) {
            (true, _) => Coding::Plain,
            (false, true) => Coding::Offset,
            (false, false) => Coding::TwosComplement,
        }
    }
}

impl Packing {
    /// The number of integers of one run, which starts a byte, and the number of bytes that it
    /// takes.
    fn run(self, row_len: usize) -> Result<(usize, usize)> {
        let gapless = !self.words || row_len.is_multiple_of(usize::from(32 / self.bits));
        let integers = if gapless { CHUNK } else { row_len };
        Ok((integers, self.len(1, integers)?))
    }

    fn check(self, integers: usize, row_len: usize, packed: usize) -> Result<()> {
        let rows = integers.checked_div(row_len).unwrap_or(0);
        same_length("integers", rows * row_len, integers)?;
        same_length("packed", self.len(rows, row_len)?, packed)
    }
}

impl Backend {
    /// Packs rows of `row_len` integers. The lowest bits of each integer are stored, and bits left
    /// over are 0.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`] if `q` is not whole rows, or if `packed` does not have
    /// [`Packing::len`] bytes.
    pub fn pack_into<Q: Integer>(
        self,
        q: &[Q],
        row_len: usize,
        packing: Packing,
        packed: &mut [u8],
    ) -> Result<()> {
        packing.check(q.len(), row_len, packed.len())?;
        let Packing { bits, .. } = packing;
        let (coding, (run, run_bytes)) = (packing.coding::<Q>(), packing.run(row_len)?);
        let runs = (CHUNK / run).max(1);
        let pieces = q.chunks(runs * run).zip(packed.chunks_mut(runs * run_bytes));
        drive::for_each(pieces, q.len(), self.threads(), |(q, packed)| {
            for (q, packed) in q.chunks(run).zip(packed.chunks_mut(run_bytes)) {
                let (used, padding) = packed.split_at_mut(q.len().div_ceil(usize::from(8 / bits)));
                padding.fill(0);
                self.run(Pack { q: bytemuck::must_cast_slice(q), bits, coding, packed: used });
            }
        });
        Ok(())
    }

    /// Unpacks what [`Backend::pack_into`] packed, into rows of `row_len` integers.
    ///
    /// # Errors
    ///
    /// Fails as [`Backend::pack_into`] does.
    pub fn unpack_into<Q: Integer>(
        self,
        packed: &[u8],
        row_len: usize,
        packing: Packing,
        q: &mut [Q],
    ) -> Result<()> {
        packing.check(q.len(), row_len, packed.len())?;
        let Packing { bits, .. } = packing;
        let (coding, (run, run_bytes)) = (packing.coding::<Q>(), packing.run(row_len)?);
        let (runs, elements) = ((CHUNK / run).max(1), q.len());
        let pieces = packed.chunks(runs * run_bytes).zip(q.chunks_mut(runs * run));
        drive::for_each(pieces, elements, self.threads(), |(packed, q)| {
            for (packed, q) in packed.chunks(run_bytes).zip(q.chunks_mut(run)) {
                let packed = &packed[..q.len().div_ceil(usize::from(8 / bits))];
                self.run(Unpack { packed, bits, coding, q: bytemuck::must_cast_slice_mut(q) });
            }
        });
        Ok(())
    }
}
