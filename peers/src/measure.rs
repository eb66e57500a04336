//! Measures times in turns. In each round, every contender has its turn, so that whatever disturbs
//! the machine disturbs all of them.

use std::time::Duration;

use crate::clock::Clock;
use crate::contender::{Contender, Exact};

/// One contender's time.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    pub(crate) name: String,
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
    /// How many times as fast `ours` is as `theirs`, if both took part.
    pub(crate) fn ratio(&self, ours: &str, theirs: &str) -> Option<f64> {
        let find = |name| self.rows.iter().find(|row| row.name == name).map(|row| row.seconds);
        Some(find(theirs)? / find(ours)?)
    }
}

/// The least duration of a turn, so that the clock's own cost vanishes.
const TURN: Duration = Duration::from_micros(200);

/// The least number of turns. Fewer turns have no median worth the name.
const TURNS: usize = 5;

/// Times all contenders until each has had so many seconds. The calls go round `copies` copies of
/// the input.
pub(crate) fn interleave(
    elements: usize,
    copies: usize,
    contenders: Vec<Contender<'_>>,
    clock: Clock,
    seconds: f64,
) -> Timings {
    let mut racers: Vec<_> = contenders.into_iter().map(|c| Racer::new(c, copies, clock)).collect();
    loop {
        let waiting = racers.iter_mut().filter(|racer| !racer.is_done(seconds));
        if waiting.map(Racer::turn).count() == 0 {
            break;
        }
    }
    Timings { elements, rows: racers.into_iter().map(Racer::timing).collect() }
}

/// A contender with its clock.
struct Racer<'a> {
    contender: Contender<'a>,
    clock: Clock,
    copies: usize,
    /// The number of calls so far.
    called: usize,
    /// The number of calls in one turn.
    calls: u32,
    /// Seconds of one call, in each turn.
    samples: Vec<f64>,
    /// Seconds of all turns.
    spent: f64,
}

impl<'a> Racer<'a> {
    fn new(contender: Contender<'a>, copies: usize, clock: Clock) -> Self {
        let samples = Vec::new();
        let mut racer = Self { contender, clock, copies, called: 0, calls: 1, samples, spent: 0.0 };
        racer.call();
        while racer.time() < TURN {
            racer.calls *= 2;
        }
        racer
    }

    fn call(&mut self) {
        (self.contender.run)(self.called % self.copies);
        self.called += 1;
    }

    fn time(&mut self) -> Duration {
        let (clock, calls) = (self.clock, self.calls);
        clock.time(|| (0..calls).for_each(|_| self.call()))
    }

    /// Takes a turn. The first call is not timed, so that the caches are as this contender leaves
    /// them and not as the one before it did.
    fn turn(&mut self) {
        self.call();
        let seconds = self.time().as_secs_f64();
        self.samples.push(seconds / f64::from(self.calls));
        self.spent += seconds;
    }

    fn is_done(&self, seconds: f64) -> bool {
        self.spent >= seconds && self.samples.len() >= TURNS
    }

    fn timing(mut self) -> Timing {
        self.samples.sort_by(f64::total_cmp);
        let seconds = self.samples[self.samples.len() / 2];
        Timing { name: self.contender.name, exact: self.contender.exact, seconds }
    }
}
