//! The floating-point environment: how the CPU rounds, what it does with subnormals, and which
//! exceptions trap.
//!
//! A caller may have changed the environment. A library that was linked with `-ffast-math` flushes
//! subnormals in the whole process, and the threads of one pool can differ. The numerical contract
//! holds only in the default environment. So every public function that computes with floats enters
//! the default environment first, and restores the caller's afterwards. Every task on another
//! thread does the same.
//!
//! Reading the register that holds the environment takes some 4 nanoseconds. The register is
//! written only if it does not hold the default.
//!
//! The compiler knows nothing of the register, and may move a float operation across the
//! instructions that set it unless memory is in between. So there are two ways to enter the default
//! environment. [`Environment::enter`] is for code that computes from memory or in kernels, which
//! are never inlined. [`in_default`] is for numbers in registers, and takes them through memory.

use core::hint::black_box;

use crate::simd::environment::{DEFAULT, Register, is_default, read, write};

/// Keeps the CPU in the default environment until it is dropped.
pub(crate) struct Environment {
    /// The register of the caller, unless it held the default.
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

/// Computes `f(inputs)` in the default environment. `f` must not capture anything that it computes
/// with: what is captured may be computed with before.
#[inline(always)]
pub(crate) fn in_default<T, R>(inputs: T, f: impl FnOnce(T) -> R) -> R {
    let _environment = Environment::enter();
    black_box(f(black_box(inputs)))
}

/// Calls `f` in the default floating-point environment, in which this crate computes: the CPU rounds to
/// nearest, keeps subnormals, and traps no exception. The environment of the caller is there again when
/// this returns. Functions of this crate do the same, so this is for what a program computes beside
/// them. Where the environment is the default already, it costs about 5 ns.
///
/// ```
/// let (x, mut y) = ([1e-39f32, 3.0], [0.0; 2]);
/// // A subnormal result, also in a process that flushes subnormals.
/// absmax::in_default_environment(|| y = x.map(|x| x * 0.5));
/// assert_eq!(y, [5e-40, 1.5]);
/// ```
pub fn in_default_environment<R>(f: impl FnOnce() -> R) -> R {
    in_default(f, |f| f())
}
