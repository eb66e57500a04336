//! The names by which the marks find their rows.

pub(crate) const ABSMAX: &str = "absmax";
pub(crate) const ABSMAX_AVX2: &str = "absmax, avx2";
pub(crate) const RTEN: &str = "rten-vecmath";
pub(crate) const VDIVPS_512: &str = "vdivps loop, AVX-512";
pub(crate) const VDIVPS_256: &str = "vdivps loop, AVX2";
pub(crate) const AVX2_Q8_0: &str = "q8_0 loop, AVX2";
pub(crate) const AVX2_Q8_0_ROUNDED: &str = "q8_0 loop, AVX2, with ggml's rounding";
pub(crate) const PLAIN: &str = "plain loop";
pub(crate) const Q8_0: &str = "candle-core Q8_0";

/// These rows are absmax again, doing the work that the operation is compared with.
pub(crate) const ROWS: &str = "absmax, each row";
pub(crate) const INT8: &str = "absmax, int8";
pub(crate) const WIDE: &str = "absmax, f32";
