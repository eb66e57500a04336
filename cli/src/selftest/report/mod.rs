//! What was found, for programs and for people.

mod cpu;
mod outcome;
mod table;

pub(super) use cpu::cpu_name;
pub(super) use outcome::{Outcome, Report};
pub(super) use table::text;
