//! Pictures, as SVG and as PNG.
//!
//! Plotters writes the SVG and rasterizes lines and polygons. Axes and legends are drawn here: plotters
//! lays out its own by chance of the range, and panics where it has none.

mod axis;
mod canvas;
mod file;
mod font;
mod format;
mod raster;

pub(crate) use self::axis::{Axis, Frame, Labels, minus};
pub(crate) use self::canvas::{
    Align, Canvas, Color, GRAY, INK, Marker, PALETTE, Picture, Point, SIZE, Stroke,
};
pub(crate) use self::file::{PlotFile, PlotPath};
