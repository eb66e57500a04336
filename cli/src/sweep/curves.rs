//! Draws the picture of a sweep: SQNR against bits per weight.

use std::fmt::Write as _;
use std::path::Path;

use absmax_checkpoint::{Granularity, Mapping, SchemeNumbers, SweepReport};
use anyhow::Result;
use plotters::backend::DrawingBackend;

use super::text::of_what;
use crate::plot::{
    Align, Axis, Canvas, Color, Frame, INK, Marker, PALETTE, Picture, Point, SIZE, Stroke,
};
use crate::text::printable;

const LEGEND: f64 = 330.0;
const TEXT: f64 = 24.0;
const ROW: f64 = 44.0;

/// A line for each granularity and mapping, over the bits.
#[derive(Debug)]
pub(crate) struct Curves<'a> {
    pub(crate) report: &'a SweepReport,
}

/// How a line is told from the others.
#[derive(Clone, Copy, Debug)]
struct Look {
    color: Color,
    marker: Marker,
    mapping: Mapping,
}

impl Picture for Curves<'_> {
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Result<()> {
        let shown =
            || self.report.schemes.iter().filter(|numbers| numbers.error.sqnr_db.is_finite());
        let bits = self.report.schemes.iter().map(|numbers| numbers.bits_per_weight);
        let frame = Frame::new(
            Axis::around(bits, "bits per weight, with scales and zero points"),
            Axis::around(shown().map(|numbers| numbers.error.sqnr_db), "SQNR (dB)"),
            0.0,
            LEGEND + 40.0,
        );
        let source = Path::new(&self.report.source).file_name().unwrap_or_default();
        let title = format!("Quantization error of {}", source.to_string_lossy());
        let mut subtitle = of_what(self.report);
        let has_no_error = |numbers: &&SchemeNumbers| numbers.error.sqnr_db == f64::INFINITY;
        let exact = self.report.schemes.iter().filter(has_no_error).count();
        let overflowing = self.report.schemes.len() - shown().count() - exact;
        for (count, what) in [(exact, "without error"), (overflowing, "overflowing")] {
            if count > 0 {
                write!(subtitle, "; {what}, and not shown: {count} schemes")?;
            }
        }
        frame.draw(canvas, &printable(&title), &printable(&subtitle))?;

        let granularities = self.granularities();
        for (i, &granularity) in granularities.iter().enumerate() {
            for mapping in Mapping::ALL {
                let is_on_line = |numbers: &&SchemeNumbers| {
                    let candidate = numbers.candidate;
                    (candidate.granularity, candidate.mapping) == (granularity, mapping)
                };
                let points = shown().filter(is_on_line);
                let points = points.map(|n| frame.place(n.bits_per_weight, n.error.sqnr_db));
                Look::of(i, mapping).draw(canvas, &points.collect::<Vec<_>>())?;
            }
        }
        legend(canvas, &granularities, frame.top)
    }
}

impl Curves<'_> {
    /// The granularities of the sweep, from one scale to many.
    fn granularities(&self) -> Vec<Granularity> {
        let mut granularities = Vec::new();
        for numbers in &self.report.schemes {
            if !granularities.contains(&numbers.candidate.granularity) {
                granularities.push(numbers.candidate.granularity);
            }
        }
        granularities
    }
}

impl Look {
    /// The style of line number `index`. Markers do not begin again where colours do.
    fn of(index: usize, mapping: Mapping) -> Self {
        let (round, color) = (index / PALETTE.len(), index % PALETTE.len());
        let marker = Marker::ALL[(color + round) % Marker::ALL.len()];
        Self { color: PALETTE[color], marker, mapping }
    }

    /// Symmetric schemes have full lines and markers, asymmetric ones broken lines and hollow
    /// markers.
    fn draw<B: DrawingBackend>(self, canvas: &mut Canvas<'_, B>, points: &[Point]) -> Result<()> {
        let hollow = self.mapping == Mapping::Asymmetric;
        let dash = hollow.then_some([14.0, 9.0]);
        canvas.path(points, Stroke { color: self.color, width: 3.0, dash })?;
        points.iter().try_for_each(|&point| canvas.marker(self.marker, point, self.color, hollow))
    }
}

/// Colours and markers tell granularities, lines and fillings tell mappings.
fn legend<B: DrawingBackend>(
    canvas: &mut Canvas<'_, B>,
    granularities: &[Granularity],
    top: f64,
) -> Result<()> {
    let left = f64::from(SIZE[0]) - LEGEND;
    let mut y = top + 10.0;
    let mut entry = |canvas: &mut Canvas<'_, B>, head: Option<&str>, looks: &[(Look, String)]| {
        if let Some(head) = head {
            canvas.text(head, [left, y], TEXT, INK, Align::Left)?;
            y += ROW;
        }
        for (look, text) in looks {
            let (from, to) = ([left, y], [left + 70.0, y]);
            let hollow = look.mapping == Mapping::Asymmetric;
            let dash = hollow.then_some([14.0, 9.0]);
            canvas.path(&[from, to], Stroke { color: look.color, width: 3.0, dash })?;
            canvas.marker(look.marker, [left + 35.0, y], look.color, hollow)?;
            canvas.text(text, [left + 86.0, y], TEXT, INK, Align::Left)?;
            y += ROW;
        }
        y += ROW / 2.0;
        anyhow::Ok(())
    };
    let of_granularity = |(i, granularity): (usize, &Granularity)| {
        let text = match granularity {
            Granularity::Tensor => "tensor".to_owned(),
            Granularity::Channel => "channel".to_owned(),
            Granularity::Group(size) => format!("group of {size}"),
        };
        (Look::of(i, Mapping::Symmetric), text)
    };
    let looks: Vec<_> = granularities.iter().enumerate().map(of_granularity).collect();
    entry(canvas, Some("one scale for each"), &looks)?;
    let of_mapping =
        |mapping: Mapping| (Look { color: INK, ..Look::of(0, mapping) }, mapping.name().to_owned());
    entry(canvas, Some("mapping"), &Mapping::ALL.map(of_mapping))
}
