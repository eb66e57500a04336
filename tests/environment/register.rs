//! The register that holds the floating-point environment.
#![allow(unsafe_code, reason = "the register is set by an instruction")]

use std::hint::black_box;

/// MXCSR.
#[cfg(target_arch = "x86_64")]
mod of_cpu {
    use std::arch::asm;

    pub(crate) const DEFAULT: u64 = 0x1f80;

    /// What flushes, how is rounded and what traps; the flags that tell what happened are left out.
    pub(crate) const CONTROL: u64 = 0xffff_ffc0;

    pub(crate) const ENVIRONMENTS: [(&str, u64); 8] = [
        ("results are flushed", DEFAULT | 0x8000),
        ("operands are flushed", DEFAULT | 0x0040),
        ("both are flushed", DEFAULT | 0x8040),
        ("rounding down", DEFAULT | 0x2000),
        ("rounding up", DEFAULT | 0x4000),
        ("rounding to zero", DEFAULT | 0x6000),
        ("every exception traps", 0),
        ("everything flushed, rounding to zero, every exception traps", 0xe040),
    ];

    pub(crate) fn read() -> u64 {
        let mut register = 0u32;
        // SAFETY: the instruction stores 32 bits there.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut register) };
        register.into()
    }

    pub(crate) fn write(register: u64) {
        let register = register as u32;
        // SAFETY: no reserved bit is set.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const register) };
    }
}

/// FPCR.
#[cfg(target_arch = "aarch64")]
mod of_cpu {
    use std::arch::asm;

    pub(crate) const DEFAULT: u64 = 0;
    pub(crate) const CONTROL: u64 = u64::MAX;

    pub(crate) const ENVIRONMENTS: [(&str, u64); 8] = [
        ("flushed", 1 << 24),
        ("half precision flushed", 1 << 19),
        ("one NaN", 1 << 25),
        ("half precision without infinities", 1 << 26),
        ("rounding up", 1 << 22),
        ("rounding down", 2 << 22),
        ("rounding to zero", 3 << 22),
        ("all of it", 1 << 24 | 1 << 19 | 1 << 25 | 1 << 26 | 3 << 22),
    ];

    pub(crate) fn read() -> u64 {
        let register;
        // SAFETY: programs may read the register.
        unsafe { asm!("mrs {}, fpcr", out(reg) register) };
        register
    }

    pub(crate) fn write(register: u64) {
        // SAFETY: programs may write the register.
        unsafe { asm!("msr fpcr, {}", in(reg) register) };
    }
}

pub(crate) use of_cpu::{CONTROL, DEFAULT, ENVIRONMENTS, read, write};

/// Calls `f` in an environment, and demands that it is the same afterwards.
pub(crate) fn within<R>(environment: u64, f: impl FnOnce() -> R) -> R {
    let before = read();
    write(environment);
    let result = black_box(f());
    let after = read();
    write(before);
    assert_eq!(after & CONTROL, environment & CONTROL, "{environment:#x} has become {after:#x}");
    result
}
