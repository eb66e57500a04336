//! Pictures, as SVG and as PNG.
//!
//! Plotters writes the SVG and rasterizes lines and polygons. Axes and legends are drawn here: plotters
//! lays out its own by chance of the range, and panics where it has none.

mod axis;
mod canvas;
mod file;
mod font;
mod raster;

use anyhow::Result;
use plotters::backend::{DrawingBackend, SVGBackend};

pub(crate) use self::axis::{Axis, Frame, Labels, minus};
use self::canvas::SCALE;
pub(crate) use self::canvas::{
    Align, Canvas, Color, GRAY, INK, Marker, PALETTE, Point, Stroke, TITLE,
};
pub(crate) use self::file::{PlotFile, PlotPath};
use self::raster::Raster;

/// Width and height in the units of a [`Canvas`], which are pixels.
pub(crate) const SIZE: [u32; 2] = [1600, 1000];

/// What can be drawn.
pub(crate) trait Picture {
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Result<()>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Svg,
    Png,
}

impl Format {
    /// The bytes of a file that shows the picture.
    pub(crate) fn encode(self, picture: &impl Picture) -> Result<Vec<u8>> {
        let [width, height] = SIZE;
        let drawn = [width * SCALE, height * SCALE];
        match self {
            Self::Svg => {
                let mut text = String::new();
                let mut backend = SVGBackend::with_string(&mut text, drawn.into());
                Canvas::new(&mut backend)?.show(picture)?;
                drop(backend);
                // Its places are whole numbers, so it is drawn larger than it is to be shown.
                let size = |[w, h]: [u32; 2]| format!("<svg width=\"{w}\" height=\"{h}\"");
                Ok(text.replacen(&size(drawn), &size(SIZE), 1).into_bytes())
            }
            Self::Png => {
                let mut raster = Raster::new(drawn)?;
                Canvas::new(&mut raster)?.show(picture)?;
                raster.png(SCALE as usize)
            }
        }
    }
}
