//! Runs the enumeration that the exact division rests on, and its control.

use std::time::Instant;

use absmax::division::{self, Reciprocal, SIGNIFICANDS, Tally};
use absmax::{Backend, Isa};
use rayon::prelude::*;
use serde::Serialize;

use crate::control;
use crate::session::Session;

/// What the enumeration found on one backend.
#[derive(Clone, Debug, Serialize)]
pub struct Division {
    /// The name of the instruction set.
    pub backend: &'static str,
    /// The number of significands of scales that were tried.
    pub significands: u32,
    /// The number of all significands.
    pub of: u32,
    /// Values around steps of the quotient.
    pub cases: u64,
    /// Values for which the product does not round to the same integer as the quotient.
    pub mismatches: u64,
    /// Windows that did not contain the step that they were laid around.
    pub stepless: u64,
    /// Whether the backend divides, so that the two ways are one and there is nothing to control.
    pub divides: bool,
    /// Mismatches of the other formula for lo, of which there is to be exactly one.
    pub control_mismatches: u64,
    /// How long it took, with the control.
    pub seconds: f64,
}

impl Division {
    /// Whether the two ways agree, and the control does not.
    pub fn passed(&self) -> bool {
        self.mismatches == 0 && self.stepless == 0 && self.control_is_right()
    }

    /// Whether the other formula was wrong as often as it is known to be.
    pub fn control_is_right(&self) -> bool {
        self.divides || self.control_mismatches == 1
    }
}

/// The number of significands that are tried at a time.
const PORTION: u32 = 1 << 12;

/// Runs the enumeration on every backend.
pub fn divisions(session: &Session<'_>) -> Vec<Division> {
    // The portions are tried from the last one down, because the control fails at the last
    // significand of all.
    let stride = session.effort.pick(1024, 1);
    let portions: Vec<u32> = (0..SIGNIFICANDS / PORTION).rev().step_by(stride).collect();
    let backends: Vec<Backend> = session.backends().collect();
    session.begin("division", 2 * portions.len() * backends.len());
    let tally = |backend, reciprocal: fn(f32) -> Option<Reciprocal>| {
        let tallies = portions.par_iter().map(|portion| {
            let tally =
                division::check(backend, portion * PORTION..(portion + 1) * PORTION, reciprocal);
            session.step();
            tally
        });
        tallies.reduce(Tally::default, |a, b| Tally {
            cases: a.cases + b.cases,
            mismatches: a.mismatches + b.mismatches,
            stepless: a.stepless + b.stepless,
        })
    };
    let on = |backend: Backend| {
        let start = Instant::now();
        let Tally { cases, mismatches, stepless } = tally(backend, Reciprocal::new);
        let control = tally(backend, control::reciprocal);
        Division {
            backend: backend.isa().name(),
            significands: portions.len() as u32 * PORTION,
            of: SIGNIFICANDS,
            cases,
            mismatches,
            stepless,
            // The portable backend divides, because it has no FMA to rely on.
            divides: backend.isa() == Isa::Portable && control.mismatches == 0,
            control_mismatches: control.mismatches,
            seconds: start.elapsed().as_secs_f64(),
        }
    };
    backends.into_iter().map(on).collect()
}
