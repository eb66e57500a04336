//! A canvas for lines, markers and text at places in pixels.

use anyhow::{Result, anyhow};
use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontTransform, IntoFont as _, RGBColor, ShapeStyle, TextStyle};

use super::font::Font;

/// Width and height in the units of a [`Canvas`], which are pixels.
pub(crate) const SIZE: [u32; 2] = [1600, 1000];

/// What can be drawn.
pub(crate) trait Picture {
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Result<()>;
}

/// Backends have whole numbers for places, so many of them to a pixel.
pub(super) const SCALE: u32 = 3;

/// The fonts that viewers of SVG look for. All but the last are as wide as the font that text is
/// laid out in.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

pub(crate) type Color = RGBColor;

/// A point: x from the left, y from the top.
pub(crate) type Point = [f64; 2];

pub(crate) const INK: Color = RGBColor(34, 34, 34);
pub(crate) const GRAY: Color = RGBColor(184, 184, 184);
const WHITE: Color = RGBColor(255, 255, 255);

/// Okabe and Ito's colours, which colour-blind readers can tell apart. The yellow is left out,
/// because it cannot be seen on white.
pub(crate) const PALETTE: [Color; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// The height of a title's letters, with room for their bows. The rest of the text is smaller.
pub(crate) const TITLE: f64 = 34.0;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f64,
    /// The lengths of a dash and of a gap.
    pub(crate) dash: Option<[f64; 2]>,
}

impl Stroke {
    pub(crate) fn solid(color: Color, width: f64) -> Self {
        Self { color, width, dash: None }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Marker {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
}

impl Marker {
    /// All markers. They are five so that pairs with the seven colours of the [`PALETTE`] repeat
    /// late, because five and seven have no common factor.
    pub(crate) const ALL: [Self; 5] =
        [Self::Circle, Self::Square, Self::Up, Self::Diamond, Self::Down];

    /// Corners around the origin, of about the same area each.
    fn corners(self) -> Vec<Point> {
        let (count, first, radius) = match self {
            Self::Circle => (32, 0.0, 1.0),
            Self::Square => (4, 45.0, 1.25),
            Self::Up => (3, -90.0, 1.45),
            Self::Diamond => (4, 0.0, 1.35),
            Self::Down => (3, 90.0, 1.45),
        };
        let angle = |i| f64::to_radians(first + 360.0 * f64::from(i) / f64::from(count));
        (0..count).map(|i| [radius * angle(i).cos(), radius * angle(i).sin()]).collect()
    }
}

/// On which side of its place a text is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Align {
    /// The text begins at the place.
    Left,
    Center,
    /// The text ends at the place.
    Right,
    /// The text is centered at the place, and read from below.
    Upward,
}

pub(crate) struct Canvas<'a, B> {
    backend: &'a mut B,
    font: Font,
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    /// A white canvas.
    pub(super) fn new(backend: &'a mut B) -> Result<Self> {
        let mut canvas = Self { backend, font: Font::new()? };
        let [width, height] = SIZE.map(f64::from);
        canvas.rectangle([0.0, 0.0], [width, height], WHITE)?;
        Ok(canvas)
    }

    pub(super) fn show(mut self, picture: &impl Picture) -> Result<()> {
        picture.draw(&mut self)?;
        let result = self.backend.present();
        result.map_err(|error| anyhow!("cannot draw: {error}"))
    }

    /// Lines from point to point.
    pub(crate) fn path(&mut self, points: &[Point], stroke: Stroke) -> Result<()> {
        let mut done = 0.0;
        for (from, to) in points.iter().zip(points.iter().skip(1)) {
            let length = (to[0] - from[0]).hypot(to[1] - from[1]);
            let Some([dash, gap]) = stroke.dash else {
                self.segment(*from, *to, stroke)?;
                continue;
            };
            // The pattern goes on around corners.
            let mut at = -(done % (dash + gap));
            while at < length {
                let place = |at: f64| {
                    let part = (at / length).clamp(0.0, 1.0);
                    [from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])]
                };
                if at + dash > 0.0 {
                    self.segment(place(at), place(at + dash), stroke)?;
                }
                at += dash + gap;
            }
            done += length;
        }
        Ok(())
    }

    fn segment(&mut self, from: Point, to: Point, stroke: Stroke) -> Result<()> {
        let width = (stroke.width * f64::from(SCALE)).round() as u32;
        let style = ShapeStyle { stroke_width: width.max(1), ..stroke.color.filled() };
        let (from, to) = (place(from), place(to));
        // Between equal points there is no direction to draw in.
        if from == to {
            return Ok(());
        }
        let result = self.backend.draw_path([from, to], &style);
        result.map_err(|error| anyhow!("cannot draw: {error}"))
    }

    pub(crate) fn rectangle(&mut self, from: Point, to: Point, color: Color) -> Result<()> {
        self.polygon(&[from, [to[0], from[1]], to, [from[0], to[1]]], color)
    }

    pub(crate) fn polygon(&mut self, corners: &[Point], color: Color) -> Result<()> {
        let corners: Vec<_> = corners.iter().map(|&corner| place(corner)).collect();
        let result = self.backend.fill_polygon(corners, &color.filled());
        result.map_err(|error| anyhow!("cannot draw: {error}"))
    }

    pub(crate) fn marker(
        &mut self,
        marker: Marker,
        [x, y]: Point,
        color: Color,
        hollow: bool,
    ) -> Result<()> {
        const RADIUS: f64 = 9.0;
        let of_radius = |radius: f64| {
            let corners = marker.corners().into_iter();
            corners.map(move |[dx, dy]| [x + radius * dx, y + radius * dy]).collect::<Vec<_>>()
        };
        self.polygon(&of_radius(RADIUS), color)?;
        if hollow { self.polygon(&of_radius(0.55 * RADIUS), WHITE) } else { Ok(()) }
    }

    /// Text, centered in height on its small letters.
    pub(crate) fn text(
        &mut self,
        text: &str,
        at: Point,
        size: f64,
        color: Color,
        align: Align,
    ) -> Result<()> {
        let (h_pos, transform) = match align {
            Align::Left => (HPos::Left, FontTransform::None),
            Align::Center => (HPos::Center, FontTransform::None),
            Align::Right => (HPos::Right, FontTransform::None),
            Align::Upward => (HPos::Center, FontTransform::Rotate270),
        };
        let font = (FAMILY, size * EM * f64::from(SCALE)).into_font().transform(transform);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(h_pos, VPos::Center));
        let result = self.backend.draw_text(text, &style, place(at));
        result.map_err(|error| anyhow!("cannot draw: {error}"))
    }

    pub(crate) fn text_width(&self, text: &str, size: f64) -> f64 {
        self.font.width(text, size)
    }

    /// The text with its middle left out where it is too wide.
    pub(crate) fn elided(&self, text: &str, size: f64, width: f64) -> String {
        if self.text_width(text, size) <= width {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        let with = |kept: usize| {
            let (head, tail) = (kept.div_ceil(2), kept / 2);
            let tail = &chars[chars.len() - tail..];
            chars[..head].iter().chain(&['…']).chain(tail).collect::<String>()
        };
        // This finds the most characters that fit.
        let (mut fits, mut too_many) = (0, chars.len());
        while too_many - fits > 1 {
            let middle = usize::midpoint(fits, too_many);
            if self.text_width(&with(middle), size) <= width {
                fits = middle
            } else {
                too_many = middle
            }
        }
        with(fits)
    }
}

/// What plotters means by a size, of the height of an em.
pub(super) const EM: f64 = 1.24;

/// The place of a point in a backend. A point far outside is moved nearer, but stays outside.
fn place(point: Point) -> (i32, i32) {
    let limit = f64::from(2 * SIZE[0].max(SIZE[1]));
    let [x, y] = point.map(|x| (x.clamp(-limit, limit) * f64::from(SCALE)).round() as i32);
    (x, y)
}
