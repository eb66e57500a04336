//! Interleaved timing: in each round every contender has its turn, so that what disturbs the machine
//! disturbs all of them.

use std::time::{Duration, Instant};

use crate::contender::{Contender, Exact};

/// One contender's time.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    pub(crate) name: &'static str,
    pub(crate) exact: Exact,
    /// Median seconds of one call.
    pub(crate) seconds: f64,
}

/// The timings of one operation at one size, absmax first.
#[derive(Clone, Debug)]
pub(crate) struct Timings {
    pub(crate) elements: usize,
    pub(crate) rows: Vec<Timing>,
}

impl Timings {
    /// The time of the contender with this name over that of the first.
    pub(crate) fn ratio(&self, ours: &str, theirs: &str) -> Option<f64> {
        let find = |name| self.rows.iter().find(|row| row.name == name).map(|row| row.seconds);
        Some(find(theirs)? / find(ours)?)
    }
}

/// A turn takes at least this long, so that the clock's own cost vanishes.
const TURN: Duration = Duration::from_micros(200);

pub(crate) fn interleave(
    elements: usize,
    mut contenders: Vec<Contender<'_>>,
    seconds: f64,
) -> Timings {
    let calls: Vec<u32> = contenders.iter_mut().map(|c| calls_per_turn(&mut c.run)).collect();
    let mut samples = vec![Vec::new(); contenders.len()];
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds || samples[0].len() < 3 {
        for ((contender, &calls), samples) in contenders.iter_mut().zip(&calls).zip(&mut samples) {
            samples.push(turn(&mut contender.run, calls).as_secs_f64() / f64::from(calls));
        }
    }
    let rows = contenders.iter().zip(samples).map(|(contender, mut samples)| {
        samples.sort_by(f64::total_cmp);
        Timing { name: contender.name, exact: contender.exact, seconds: samples[samples.len() / 2] }
    });
    Timings { elements, rows: rows.collect() }
}

fn calls_per_turn(run: &mut dyn FnMut()) -> u32 {
    run();
    let mut calls = 1;
    while turn(run, calls) < TURN {
        calls *= 2;
    }
    calls
}

fn turn(run: &mut dyn FnMut(), calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        run();
    }
    start.elapsed()
}
