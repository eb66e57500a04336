//! The Python package `absmax`: the module `absmax._absmax`, whose functions and classes the
//! package re-exports.
//!
//! Arrays come in by `array`, which knows the buffer protocol and DLPack. `cut` says which
//! values share a scale, `layout` where the rows are that kernels take, `target` where results
//! go, and `kernels` has the operations, on whose side no Python is known.

mod array;
mod background;
mod checkpoint;
mod cut;
mod dequantize;
mod dlpack;
mod dtype;
mod error;
mod histogram;
mod home;
mod kernels;
mod layout;
mod locked;
mod memory;
mod observer;
mod params;
mod pool;
mod quantize;
mod quantized;
mod scheme;
mod selftest;
mod stats;
mod target;
mod weight_scheme;

use pyo3::pymodule;

/// The version of the package, which is that of the crates.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The module.
#[pymodule(gil_used = true)]
mod _absmax {
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "it is Python's name")]
    const __version__: &str = super::VERSION;
    #[pymodule_export]
    use crate::checkpoint::quantize_checkpoint;
    #[pymodule_export]
    use crate::dequantize::{dequantize, fake_quantize};
    #[pymodule_export]
    use crate::histogram::Histogram;
    #[pymodule_export]
    use crate::memory::free_memory;
    #[pymodule_export]
    use crate::observer::Observer;
    #[pymodule_export]
    use crate::quantize::{quantize, quantize_with};
    #[pymodule_export]
    use crate::quantized::Quantized;
    #[pymodule_export]
    use crate::selftest::{isa, selftest};
    #[pymodule_export]
    use crate::stats::{ErrorStats, error_stats};
    #[pymodule_export]
    use crate::weight_scheme::_weight_scheme;
}
