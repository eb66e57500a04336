//! Axes, which lead from values to places and have ticks at round numbers.

use anyhow::Result;
use plotters::backend::DrawingBackend;

use super::canvas::{Align, Canvas, Color, INK, Point, SIZE, Stroke, TITLE};

/// The height of an em of the numbers at ticks, and of what the axes are called.
const TEXT: f64 = 26.0;
const TICK: f64 = 8.0;
const GRID: Color = plotters::style::RGBColor(222, 222, 222);

/// How the numbers of an axis are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Labels {
    Plain,
    /// Values are exponents of ten.
    PowersOfTen,
}

#[derive(Clone, Debug)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    name: String,
    labels: Labels,
}

impl Axis {
    /// An axis from the least to the largest of some values, with room for markers beyond both.
    pub(crate) fn around(values: impl Iterator<Item = f64>, name: &str) -> Self {
        let values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if values.is_empty() { (0.0, 1.0) } else { (low, high) };
        let margin = if high > low { 0.05 * (high - low) } else { 0.5 };
        Self::new(low - margin, high + margin, name, Labels::Plain)
    }

    /// An axis from `low` to `high`, which is larger.
    pub(crate) fn new(low: f64, high: f64, name: &str, labels: Labels) -> Self {
        Self { low, high, name: name.to_owned(), labels }
    }

    /// Which part of the way from the beginning to the end a value is at.
    fn part(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }

    /// Round numbers, about so many, and what is written there.
    fn ticks(&self, about: f64) -> Vec<(f64, String)> {
        let range = self.high - self.low;
        let least = range / about;
        let unit = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|n| n * unit).into_iter().find(|&step| step >= least);
        let mut step = step.unwrap_or(10.0 * unit);
        if matches!(self.labels, Labels::PowersOfTen) {
            step = step.max(1.0).round();
        }
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        if !(step > 0.0 && first.abs() < 1e15 && last - first < 100.0) {
            return Vec::new();
        }
        let ticks = (0..=(last - first).max(-1.0) as i64).map(|i| first + i as f64);
        // A product has at most one rounding error, and adding 0 turns -0 into 0.
        ticks.map(|n| (n * step + 0.0, self.label(n, step))).collect()
    }

    fn label(&self, n: f64, step: f64) -> String {
        let x = n * step + 0.0;
        let largest = self.low.abs().max(self.high.abs());
        match self.labels {
            Labels::PowersOfTen => match x as i32 {
                0 => "1".to_owned(),
                1 => "10".to_owned(),
                exponent => format!("10{}", superscript(exponent)),
            },
            Labels::Plain if (1e-4..1e6).contains(&largest) => {
                let decimals = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
                minus(&format!("{x:.decimals$}"))
            }
            Labels::Plain => minus(&format!("{x:.2e}")),
        }
    }
}

/// Writes a minus for a hyphen, because a minus is as wide as a digit.
pub(crate) fn minus(text: &str) -> String {
    text.replace('-', "−")
}

fn superscript(n: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = n.to_string();
    digits.chars().map(|c| c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])).collect()
}

/// Two axes and the rectangle between them.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    /// A frame with a title above, `above` for the room between the title and the rectangle, and
    /// `right` for the room on the right.
    pub(crate) fn new(x: Axis, y: Axis, above: f64, right: f64) -> Self {
        let [width, height] = SIZE.map(f64::from);
        let (top, right, bottom) = (130.0 + above, width - right, height - 110.0);
        Self { x, y, left: 150.0, top, right, bottom }
    }

    pub(crate) fn place(&self, x: f64, y: f64) -> Point {
        [
            self.left + self.x.part(x) * (self.right - self.left),
            self.bottom - self.y.part(y) * (self.bottom - self.top),
        ]
    }

    /// As many ticks as there is room for numbers side by side.
    fn x_ticks<B: DrawingBackend>(&self, canvas: &Canvas<'_, B>) -> Vec<(f64, String)> {
        let have_room = |ticks: &Vec<(f64, String)>| {
            let width = |label: &String| canvas.text_width(label, TEXT) + TEXT;
            let total: f64 = ticks.iter().map(|(_, label)| width(label)).sum();
            total <= self.right - self.left
        };
        let fewer = [10.0, 7.0, 4.0].map(|about| self.x.ticks(about));
        fewer.into_iter().find(have_room).unwrap_or_default()
    }

    /// The grid, and what stands around it.
    pub(crate) fn draw<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        title: &str,
        subtitle: &str,
    ) -> Result<()> {
        let &Self { ref x, ref y, left, top, right, bottom } = self;
        let [width, height] = SIZE.map(f64::from);
        let axis = Stroke::solid(INK, 2.0);
        for (tick, label) in self.x_ticks(canvas) {
            let [at, _] = self.place(tick, y.low);
            canvas.path(&[[at, top], [at, bottom]], Stroke::solid(GRID, 1.0))?;
            canvas.path(&[[at, bottom], [at, bottom + TICK]], axis)?;
            canvas.text(&label, [at, bottom + TICK + 0.8 * TEXT], TEXT, INK, Align::Center)?;
        }
        for (tick, label) in y.ticks(10.0) {
            let [_, at] = self.place(x.low, tick);
            canvas.path(&[[left, at], [right, at]], Stroke::solid(GRID, 1.0))?;
            canvas.path(&[[left - TICK, at], [left, at]], axis)?;
            canvas.text(&label, [left - 2.0 * TICK, at], TEXT, INK, Align::Right)?;
        }
        canvas.path(&[[left, top], [left, bottom]], axis)?;
        canvas.path(&[[left, bottom], [right, bottom]], axis)?;
        let middle = [f64::midpoint(left, right), f64::midpoint(top, bottom)];
        canvas.text(&x.name, [middle[0], height - 1.1 * TEXT], TEXT, INK, Align::Center)?;
        canvas.text(&y.name, [1.1 * TEXT, middle[1]], TEXT, INK, Align::Upward)?;
        let room = width - left - TEXT;
        for (text, size, at) in [(title, TITLE, 42.0), (subtitle, TEXT, 90.0)] {
            let text = canvas.elided(text, size, room);
            canvas.text(&text, [left, at], size, INK, Align::Left)?;
        }
        Ok(())
    }
}
