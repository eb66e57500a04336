//! The instruction set and the number of threads that kernels run on. An [`Isa`] only names an
//! instruction set. A [`Backend`] proves that this CPU has it.

use core::str::FromStr;

#[cfg(target_arch = "aarch64")]
use crate::simd::Neon;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{Kernel, Portable, Simd};
use crate::{Error, Isa, Result};

/// Where kernels run: an instruction set that this CPU is known to have, and how many threads.
///
/// Every operation on slices, matrices and tensors is a method of a backend. A backend is a small
/// value that is made once and passed along. Making another one costs a few loads.
///
/// ```
/// use absmax::{Backend, Isa};
///
/// let backend = Backend::best().with_threads(2);
/// let mut q = [0; 4];
/// let scale = backend.quantize_into(&[1.0, -1.0, 0.5, -0.5], &mut q)?;
/// assert_eq!(q, [127, -127, 64, -64]);
///
/// // Every backend returns the same bits.
/// for backend in Backend::available() {
///     assert_eq!(backend.quantize_into(&[1.0, -1.0, 0.5, -0.5], &mut q)?, scale);
/// }
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    token: Token,
    threads: usize,
}

/// The proof that the CPU has the instruction set.
#[derive(Clone, Copy, Debug)]
enum Token {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Token {
    fn new(isa: Isa) -> Option<Self> {
        match isa {
            Isa::Portable => Some(Self::Portable(Portable)),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Avx512::detect().map(Self::Avx512),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => Neon::detect().map(Self::Neon),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }
}

impl Backend {
    /// A backend for the fastest instruction set of this CPU, on all threads.
    pub fn best() -> Self {
        let token = Isa::ALL.into_iter().rev().find_map(Token::new);
        Self { token: token.unwrap_or(Token::Portable(Portable)), threads: 0 }
    }

    /// A backend for the given instruction set, on all threads.
    ///
    /// # Errors
    ///
    /// [`Error::IsaUnavailable`] if this CPU or this build does not have it.
    ///
    /// ```
    /// use absmax::{Backend, Error, Isa};
    ///
    /// for isa in Isa::ALL {
    ///     match Backend::new(isa) {
    ///         Ok(backend) => assert_eq!(backend.isa(), isa),
    ///         Err(error) => assert_eq!(error, Error::IsaUnavailable { isa }),
    ///     }
    /// }
    /// ```
    pub fn new(isa: Isa) -> Result<Self> {
        let token = Token::new(isa).ok_or(Error::IsaUnavailable { isa })?;
        Ok(Self { token, threads: 0 })
    }

    /// A backend for each instruction set of this CPU, the portable one first.
    pub fn available() -> impl Iterator<Item = Self> {
        Isa::ALL.into_iter().flat_map(Self::new)
    }

    /// This backend, limited to `threads` threads at a time. The default, 0, stands for all threads
    /// of the current rayon pool. Only large tensors are divided among threads. The results do not
    /// depend on the number of threads.
    ///
    /// The threads are those of the rayon pool in which the call is made: the global one, or that
    /// of `ThreadPool::install`. Without the `rayon` feature everything runs on the calling thread.
    #[must_use]
    pub const fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The number of threads that [`Backend::with_threads`] set; 0 stands for all.
    pub const fn threads(self) -> usize {
        self.threads
    }

    /// The name of the instruction set.
    pub const fn isa(self) -> Isa {
        match self.token {
            Token::Portable(_) => Isa::Portable,
            #[cfg(target_arch = "x86_64")]
            Token::Avx2(_) => Isa::Avx2,
            #[cfg(target_arch = "x86_64")]
            Token::Avx512(_) => Isa::Avx512,
            #[cfg(target_arch = "aarch64")]
            Token::Neon(_) => Isa::Neon,
        }
    }

    /// Runs a kernel with the instruction set enabled.
    #[inline(always)]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.token {
            Token::Portable(token) => token.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Token::Avx2(token) => token.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Token::Avx512(token) => token.run(kernel),
            #[cfg(target_arch = "aarch64")]
            Token::Neon(token) => token.run(kernel),
        }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::best()
    }
}

// `Isa` is in a layer beneath `Error`, because errors name instruction sets. Parsing needs both, so
// it is implemented here.
impl FromStr for Isa {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|isa| isa.name() == name).ok_or(Error::UnknownIsa)
    }
}
