//! The backends that run here, and why the others do not.

use std::env::consts::ARCH;
use std::error::Error;
use std::fmt;

use absmax::{Backend, Isa};
use serde::Serialize;

/// A backend, and why it does not run if it does not.
///
/// ```
/// use absmax::Isa;
/// use absmax_proof::Status;
///
/// let all = Status::all();
/// assert_eq!(all.len(), Isa::ALL.len());
/// assert!(all[0].running().is_some(), "the portable backend runs everywhere");
/// let portable = Status::only(Isa::Portable)?;
/// assert_eq!(portable.iter().filter_map(Status::running).count(), 1);
/// # Ok::<(), absmax_proof::Unavailable>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The instruction set.
    #[serde(serialize_with = "display")]
    pub isa: Isa,
    /// Why it did not run.
    pub skipped: Option<String>,
    /// The backend, which is the proof that it can run.
    #[serde(skip)]
    backend: Option<Backend>,
}

impl Status {
    /// Every instruction set that absmax knows; all that this CPU has are to run.
    pub fn all() -> Vec<Self> {
        Self::statuses(None)
    }

    /// Every instruction set that absmax knows, of which one is to run.
    ///
    /// # Errors
    ///
    /// If the instruction set is not available.
    pub fn only(isa: Isa) -> Result<Vec<Self>, Unavailable> {
        if Backend::new(isa).is_err() {
            Err(Unavailable { isa })
        } else {
            Ok(Self::statuses(Some(isa)))
        }
    }

    fn statuses(only: Option<Isa>) -> Vec<Self> {
        let status = |isa| {
            let backend = Backend::new(isa).ok();
            let skipped = match (backend, only) {
                (None, _) => Some(why_not(isa)),
                (Some(_), Some(only)) if only != isa => Some("not asked for".to_owned()),
                _ => None,
            };
            Self { isa, skipped, backend }
        };
        Isa::ALL.into_iter().map(status).collect()
    }

    /// The backend, if it runs.
    pub fn running(&self) -> Option<Backend> {
        self.backend.filter(|_| self.skipped.is_none())
    }
}

/// An instruction set that this CPU, or this build, does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The instruction set asked for.
    pub isa: Isa,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Backend::available().map(|backend| backend.isa().name()).collect();
        let Self { isa } = *self;
        write!(f, "{isa} cannot run here: {}; available: {}", why_not(isa), names.join(", "))
    }
}

impl Error for Unavailable {}

fn why_not(isa: Isa) -> String {
    let home = match isa {
        Isa::Avx2 | Isa::Avx512 => "x86_64",
        Isa::Neon => "aarch64",
        _ => ARCH,
    };
    if home == ARCH {
        "this CPU does not have it".to_owned()
    } else {
        format!("an instruction set of {home}, and this program is built for {ARCH}")
    }
}

fn display<S: serde::Serializer>(isa: &Isa, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(isa)
}
