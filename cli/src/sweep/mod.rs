//! `absmax sweep`: what every scheme would cost, before one is chosen.

mod curves;
mod grids;
mod histogram;
mod report;
mod selection;
mod weight;

use absmax::{Backend, ErrorStats};
use anyhow::Result;
use rayon::ThreadPoolBuilder;

use self::curves::Curves;
use self::grids::Grids;
use self::histogram::Histogram;
use self::report::{Report, TensorNumbers, Total};
use self::selection::{Selected, select};
use self::weight::Weight;
use crate::args::SweepArgs;
use crate::console::Console;
use crate::interrupt;
use crate::plot::PlotFile;
use absmax_checkpoint::plan::rules::refuse_quantized;
use absmax_checkpoint::read::pieces::Workshop;
use absmax_checkpoint::read::stored::StoredModel;
use absmax_checkpoint::source::checkpoint::Checkpoint;
use absmax_checkpoint::sweep::candidate::{Candidate, candidates};

/// The whole command.
pub(crate) fn run(args: &SweepArgs) -> Result<()> {
    let candidates = candidates(&args.bits, &args.group_sizes());
    interrupt::watch()?;
    let pool = ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let checkpoint = Checkpoint::open(&args.path)?;
    refuse_quantized(&checkpoint)?;
    let selected = select(&checkpoint, args)?;
    let plots = args.plot.iter().map(PlotFile::create).collect::<Result<Vec<_>>>()?;

    let has_histogram = args.tensor.is_some() && !plots.is_empty();
    let bytes: u64 = selected.iter().map(|selected| selected.place.len()).sum();
    let console = Console::new(bytes * if has_histogram { 3 } else { 2 });
    let warnings = checkpoint.warnings.iter().cloned().chain(selection::unused(&checkpoint, args));
    warnings.for_each(|warning| console.warn(&warning));

    let sweep = Sweep {
        candidates,
        model: &StoredModel::files_of(&checkpoint)?,
        backend: Backend::best().threads(1),
        workshop: Workshop::default(),
        console: &console,
    };
    let source = checkpoint.source.display().to_string();
    let mut report = pool.install(|| sweep.report(source, &selected))?;
    let histogram = match &selected[..] {
        [one] if has_histogram => Some(pool.install(|| sweep.histogram(one))?),
        _ => None,
    };
    interrupt::check()?;
    for plot in plots {
        report.plots.push(match &histogram {
            Some(histogram) => plot.write(&Grids { histogram })?,
            None => plot.write(&Curves { report: &report })?,
        });
    }
    console.print(&if args.json { serde_json::to_string(&report)? } else { report.text() })
}

/// What every weight goes through.
struct Sweep<'a> {
    candidates: Vec<Candidate>,
    model: &'a StoredModel,
    backend: Backend,
    workshop: Workshop,
    console: &'a Console,
}

impl Sweep<'_> {
    fn report(&self, source: String, selected: &[Selected<'_>]) -> Result<Report> {
        let nothing = Total { stats: ErrorStats::default(), scales: 0 };
        let mut totals = vec![nothing; self.candidates.len()];
        let mut tensors = Vec::new();
        for weight in selected {
            let of_weight = self.weight(weight).measure(&self.candidates)?;
            tensors.push(TensorNumbers::new(weight, &self.candidates, &of_weight));
            let pairs = totals.iter_mut().zip(of_weight);
            pairs.for_each(|(total, of_weight)| *total = total.merge(of_weight));
        }
        Ok(Report::new(source, &self.candidates, &totals, tensors))
    }

    fn histogram(&self, selected: &Selected<'_>) -> Result<Histogram> {
        self.weight(selected).histogram(&self.candidates)
    }

    fn weight<'a>(&'a self, selected: &'a Selected<'a>) -> Weight<'a> {
        Weight {
            name: selected.name,
            place: &selected.place,
            shape: selected.shape,
            model: self.model,
            backend: self.backend,
            workshop: &self.workshop,
            console: self.console,
        }
    }
}
