//! Which backends run here, and why the others do not.

use std::env::consts::ARCH;

use absmax::{Backend, Isa};
use anyhow::bail;
use serde::Serialize;

/// A backend, and why it does not run if it does not.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Status {
    /// The instruction set.
    #[serde(serialize_with = "display")]
    pub(super) isa: Isa,
    /// Why it did not run.
    pub(super) skipped: Option<String>,
    /// The proof that it can.
    #[serde(skip)]
    backend: Option<Backend>,
}

impl Status {
    /// The backend, if it runs.
    pub(super) fn running(&self) -> Option<Backend> {
        self.backend.filter(|_| self.skipped.is_none())
    }
}

/// Every backend that this crate knows; all that this CPU has are to run, or the `only` one.
///
/// # Errors
///
/// If `only` is not available.
pub(super) fn statuses(only: Option<Isa>) -> anyhow::Result<Vec<Status>> {
    if let Some(isa) = only
        && Backend::new(isa).is_none()
    {
        let names: Vec<&str> = Backend::available().map(|backend| backend.isa().name()).collect();
        bail!("{isa} cannot run here: {}; available: {}", why_not(isa), names.join(", "));
    }
    let status = |isa| {
        let backend = Backend::new(isa);
        let skipped = match (backend, only) {
            (None, _) => Some(why_not(isa)),
            (Some(_), Some(only)) if only != isa => Some("not asked for".to_owned()),
            _ => None,
        };
        Status { isa, skipped, backend }
    };
    Ok(Isa::ALL.into_iter().map(status).collect())
}

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
