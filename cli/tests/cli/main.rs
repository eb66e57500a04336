//! The built binary on real files.

mod architectures;
mod clip;
mod common;
mod compare;
mod demo;
mod destination;
mod determinism;
mod fast_math;
mod files;
mod hostile;
mod inspect;
mod interrupt;
mod not_finite;
mod output;
mod ragged;
mod refusals;
mod requantize;
mod round_trip;
mod schemes;
mod selection;
mod selftest;
mod sources;
mod sweep;
mod usage;
mod values;
