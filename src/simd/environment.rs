//! The register that says how the CPU rounds, what the CPU does with subnormals, and which
//! exceptions trap.

#[cfg(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse2")))]
mod register {
    use core::arch::asm;

    /// The register MXCSR.
    pub(crate) type Register = u32;

    /// The CPU rounds to nearest and keeps subnormals. No exception traps, and none has happened.
    pub(crate) const DEFAULT: Register = 0x1f80;

    /// The flags of exceptions that have happened. They do not change how the CPU computes.
    const STICKY: Register = 0x3f;

    #[inline(always)]
    pub(crate) fn is_default(register: Register) -> bool {
        register & !STICKY == DEFAULT
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(crate) fn read() -> Register {
        let mut register = 0;
        // SAFETY: the instruction stores 32 bits at `register`, and every CPU of the target has it.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut register, options(nostack, preserves_flags))
        };
        register
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(crate) fn write(register: Register) {
        // SAFETY: the instruction loads 32 bits of `register`, which were read from the register or
        // are the default, so that no reserved bit is set.
        unsafe {
            asm!("ldmxcsr [{}]", in(reg) &raw const register, options(nostack, preserves_flags))
        };
    }
}

#[cfg(target_arch = "aarch64")]
mod register {
    use core::arch::asm;

    /// The register FPCR.
    pub(crate) type Register = u64;

    /// The CPU rounds to nearest, keeps subnormals and NaN, and has IEEE half precision. No
    /// exception traps.
    pub(crate) const DEFAULT: Register = 0;

    #[inline(always)]
    pub(crate) fn is_default(register: Register) -> bool {
        register == DEFAULT
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(crate) fn read() -> Register {
        let register;
        // SAFETY: programs may read the register. The option `nomem` is left out, so that what is
        // computed from memory stays where it is.
        unsafe { asm!("mrs {}, fpcr", out(reg) register, options(nostack, preserves_flags)) };
        register
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(crate) fn write(register: Register) {
        // SAFETY: programs may write the register; the value was read from it or is the default.
        unsafe { asm!("msr fpcr, {}", in(reg) register, options(nostack, preserves_flags)) };
    }
}

/// On other targets, no such register is known.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "x86", target_feature = "sse2"),
    target_arch = "aarch64"
)))]
mod register {
    pub(crate) type Register = ();
    pub(crate) const DEFAULT: Register = ();

    pub(crate) const fn is_default((): Register) -> bool {
        true
    }

    pub(crate) const fn read() -> Register {}

    pub(crate) const fn write((): Register) {}
}

pub(crate) use register::{DEFAULT, Register, is_default, read, write};
