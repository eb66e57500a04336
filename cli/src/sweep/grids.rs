//! Draws the picture of one weight: its histogram, and the grids of a coarse and a fine scheme.

use absmax_checkpoint::{Grid, WeightHistogram};
use anyhow::Result;
use plotters::backend::DrawingBackend;

use crate::plot::{
    Align, Axis, Canvas, Color, Frame, GRAY, Labels, PALETTE, Picture, Stroke, minus,
};
use crate::text::four_digits;
use crate::text::printable;

const TEXT: f64 = 24.0;
/// The height of what is said of a grid, and of its ticks.
const STRIP: [f64; 2] = [34.0, 22.0];

/// Vermilion, green and blue.
const COLORS: [Color; 3] = [PALETTE[1], PALETTE[2], PALETTE[0]];

#[derive(Debug)]
pub(crate) struct Grids<'a> {
    pub(crate) histogram: &'a WeightHistogram,
}

impl Picture for Grids<'_> {
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Result<()> {
        let WeightHistogram { name, dtype, shape, min, max, reach, counts, grids, .. } =
            self.histogram;
        let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        // The coarsest grid may go beyond the values by half of its step.
        let values = grids.iter().flat_map(|grid| &grid.values);
        let shown = values.fold(*reach, |most, value| most.max(value.abs()));
        let bin = 2.0 * reach / counts.len() as f64;
        let per_bin = format!("weights per bin of {}", four_digits(bin));
        let strips = (STRIP[0] + STRIP[1]) * grids.len() as f64;
        let frame = Frame::new(
            Axis::new(-1.03 * shown, 1.03 * shown, "weight", Labels::Plain),
            // A count of one is a little above nothing.
            Axis::new(-0.3, most.log10() + 0.3, &per_bin, Labels::PowersOfTen),
            strips,
            60.0,
        );
        let [rows, columns] = shape;
        let [min, max] = [*min, *max].map(|x| four_digits(x.into()));
        let what = format!("{dtype} [{rows}, {columns}], from {min} to {max}");
        frame.draw(canvas, &printable(name), &minus(&what))?;

        // There is a little space between bars, but every bar can be seen.
        let width = frame.place(bin, 0.0)[0] - frame.place(0.0, 0.0)[0];
        let half = (width / 2.0 - 0.5).max(2.0);
        for (i, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let middle = -reach + (i as f64 + 0.5) * bin;
            let [x, y] = frame.place(middle, (count as f64).log10());
            canvas.rectangle([x - half, y], [x + half, frame.bottom - 1.0], GRAY)?;
        }
        // The coarsest grid is below the others, so that its ticks go on without crossing them.
        let mut top = frame.top - strips;
        for (i, grid) in grids.iter().enumerate().rev() {
            strip(canvas, &frame, grid, COLORS[i % COLORS.len()], top, i == 0)?;
            top += STRIP[0] + STRIP[1];
        }
        Ok(())
    }
}

/// Draws what a grid is, and a tick at each of its values. The ticks go `through` the histogram
/// where there is room between them. Values that are too close to be told apart are one bar.
fn strip<B: DrawingBackend>(
    canvas: &mut Canvas<'_, B>,
    frame: &Frame,
    grid: &Grid,
    color: Color,
    top: f64,
    through: bool,
) -> Result<()> {
    let Grid { name, step, values, .. } = grid;
    let text = format!("{name}: {} values, step {}", values.len(), four_digits(*step));
    canvas.text(&text, [frame.left, top + STRIP[0] / 2.0], TEXT, color, Align::Left)?;
    let [from, to] = [top + STRIP[0], top + STRIP[0] + STRIP[1] - 4.0];
    let gap = frame.place(*step, 0.0)[0] - frame.place(0.0, 0.0)[0];
    if gap < 3.0 {
        let [first, last] = [values.first(), values.last()].map(|x| x.copied().unwrap_or(0.0));
        let [left, right] = [first, last].map(|value| frame.place(value, 0.0)[0]);
        return canvas.rectangle([left - 1.0, from], [right + 1.0, to], color);
    }
    let width = (0.4 * gap).min(2.0);
    for &value in values {
        let [x, _] = frame.place(value, 0.0);
        canvas.path(&[[x, from], [x, to]], Stroke::solid(color, width))?;
        if through && gap >= 12.0 {
            canvas.path(&[[x, to], [x, frame.bottom]], Stroke::solid(color, 1.5))?;
        }
    }
    Ok(())
}
