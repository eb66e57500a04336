//! Where the rows of a matrix are in two buffers.

use absmax::ScaleType;

/// A matrix that is read from one buffer and written to another. There may be gaps between the rows
/// in both buffers.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// The numbers of rows and of values of a row.
    pub shape: [usize; 2],
    /// The number of elements from the first value of a row to that of the next, in the buffer that
    /// is read.
    pub from: usize,
    /// The number of elements from the first value of a row to that of the next, in the buffer that
    /// is written.
    pub to: usize,
}

impl Matrix {
    /// A matrix whose rows have no gaps between them.
    pub fn gapless(shape: [usize; 2]) -> Self {
        Self { shape, from: shape[1], to: shape[1] }
    }

    /// The buffer that is read, with `gap` between the rows.
    pub fn source<V: Copy>(self, values: &[V], gap: V) -> Vec<V> {
        self.spread(values, self.from, gap)
    }

    /// The buffer that is written, with `gap` between the rows.
    pub fn target<V: Copy>(self, values: &[V], gap: V) -> Vec<V> {
        self.spread(values, self.to, gap)
    }

    /// The values of the rows of the buffer that is read.
    pub fn values<V: Copy>(self, source: &[V]) -> Vec<V> {
        let [rows, row_len] = self.shape;
        (0..rows).flat_map(|row| &source[row * self.from..][..row_len]).copied().collect()
    }

    /// The place of the value with this number in the buffer that is read.
    pub fn place(self, value: usize) -> usize {
        value / self.shape[1] * self.from + value % self.shape[1]
    }

    /// Writes the values to the rows of the buffer that is written.
    pub(crate) fn write<V: Copy>(self, values: &[V], target: &mut [V]) {
        for (row, values) in values.chunks(self.shape[1].max(1)).enumerate() {
            target[row * self.to..][..values.len()].copy_from_slice(values);
        }
    }

    fn spread<V: Copy>(self, values: &[V], stride: usize, gap: V) -> Vec<V> {
        let [rows, row_len] = self.shape;
        let len = rows.checked_sub(1).map_or(0, |gaps| gaps * stride + row_len);
        let mut buffer = vec![gap; len];
        Self { to: stride, ..self }.write(values, &mut buffer);
        buffer
    }
}

/// The types in which parameters are stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// The type of scales.
    pub scales: ScaleType,
    /// Whether zero points have the type of the integers. If not, they are i32.
    pub narrow_zero_points: bool,
}

impl Stored {
    /// The types in which parameters are computed.
    pub const WIDE: Self = Self { scales: ScaleType::F32, narrow_zero_points: false };
}
