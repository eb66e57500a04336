//! Pictures, as SVG and as PNG.
//!
//! The crate plotters writes the SVG and rasterizes lines and polygons. Axes and legends are drawn
//! here. The layout that plotters has for them depends on the range by chance, and plotters panics
//! where there is no range.

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
