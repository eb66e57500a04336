//! The floating-point environment: how the CPU rounds, what it does with subnormals, and which
//! exceptions trap.
//!
//! Callers may have changed it. A library that was linked with `-ffast-math` flushes subnormals in the
//! whole process, and threads of one pool can differ. The numerical contract holds in the default
//! environment only, so every public function that computes with floats enters it first and leaves it
//! as it was, and so does every task on another thread.
//!
//! Reading the register takes about a nanosecond. It is written only where it is not the default.
//!
//! The compiler knows nothing of the register, and may move a float operation across the instructions
//! that set it unless memory is in between. So there are two ways in: [`Environment::enter`] for code
//! that computes from memory or in kernels, which are never inlined; and [`in_default`] for numbers in
//! registers, which takes them through memory.

use core::hint::black_box;

use crate::simd::environment::{DEFAULT, Register, is_default, read, write};

/// The default environment, until it is dropped.
pub(crate) struct Environment {
    /// The caller's, unless it is the default one.
    callers: Option<Register>,
}

impl Environment {
    /// Enters the default environment.
    #[inline(always)]
    pub(crate) fn enter() -> Self {
        let register = read();
        if is_default(register) {
            return Self { callers: None };
        }
        write(DEFAULT);
        Self { callers: Some(register) }
    }
}

impl Drop for Environment {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(callers) = self.callers {
            write(callers);
        }
    }
}

/// Computes `f(inputs)` in the default environment. `f` may capture nothing that it computes with.
#[inline(always)]
pub(crate) fn in_default<T, R>(inputs: T, f: impl FnOnce(T) -> R) -> R {
    let _environment = Environment::enter();
    black_box(f(black_box(inputs)))
}
