//! How the tests run the checks of `absmax_proof`.
#![allow(dead_code, reason = "every test uses its own part")]

pub(crate) mod observers;

use absmax::{Backend, Isa};
use absmax_proof::checks::Check;
use absmax_proof::compare::{Board, Outcome};
use absmax_proof::{Effort, Session};

/// All backends of this CPU.
pub(crate) fn session(effort: Effort) -> Session<'static> {
    let session = Session::new(Backend::available(), effort);
    #[cfg(feature = "std")]
    let session = session.ratios(|stats| [stats.sqnr_db(), stats.cosine()]);
    session
}

/// A check, in strides.
#[track_caller]
pub(crate) fn holds_in_strides(check: Check) {
    holds_at(check, Effort::Quick);
}

/// A whole check; in strides if [`in_strides`], or if `ABSMAX_PROOF` says that the whole proof is run
/// beside the tests.
#[track_caller]
pub(crate) fn holds(check: Check) {
    let quick = in_strides() || std::env::var_os("ABSMAX_PROOF").is_some();
    holds_at(check, if quick { Effort::Quick } else { Effort::Normal });
}

/// Whether `ABSMAX_STRIDE` asks for less: instructions are emulated, or another run does it all.
pub(crate) fn in_strides() -> bool {
    std::env::var_os("ABSMAX_STRIDE").is_some()
}

#[track_caller]
fn holds_at(check: Check, effort: Effort) {
    let outcome = check.run(&session(effort)).expect("threads start");
    println!("{}: {} results on each of {}", check.name, cases(&outcome), names().join(", "));
    assert!(outcome.passed(), "{outcome}");
    let control = outcome.control.as_ref();
    assert!(control.is_none_or(|control| control.mismatches > 0), "the control was not caught");
}

/// Fails if a backend differs from what `compare` expects of it.
#[track_caller]
pub(crate) fn agree(compare: impl FnOnce(&mut Board)) {
    let mut board = session(Effort::Quick).board_without_control();
    compare(&mut board);
    let outcome = board.outcome();
    assert!(outcome.passed(), "{outcome}");
}

fn cases(outcome: &Outcome) -> u64 {
    outcome.backends.iter().map(|counts| counts.cases).min().unwrap_or(0)
}

/// A source of reproducible numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [-1, 1).
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

/// The backends of this CPU, by name.
pub(crate) fn names() -> Vec<&'static str> {
    Backend::available().map(|backend| Isa::name(backend.isa())).collect()
}
