//! The reports of operations, which are plain data that serialize.

mod file;
mod numbers;
mod reason;
mod tensor;
mod warning;

pub use file::{LeftOut, WrittenFile};
pub use numbers::ErrorNumbers;
pub(crate) use numbers::infinite_if_null;
pub use reason::Reason;
pub use tensor::TensorReport;
pub use warning::Warning;
