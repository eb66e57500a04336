//! Where quantized values go with their sums.

/// Where integers, their parameters and their sums go.
pub(crate) struct Summed<'a, Q> {
    pub(crate) q: &'a mut [Q],
    pub(crate) scales: &'a mut [f32],
    pub(crate) zero_points: &'a mut [i32],
    pub(crate) sums: Option<&'a mut [i32]>,
    pub(crate) scaled_sums: Option<&'a mut [f32]>,
}
