//! The file formats of pictures.

use anyhow::Result;
use plotters::backend::SVGBackend;

use super::canvas::{Canvas, Picture, SCALE, SIZE};
use super::raster::Raster;

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
                // Places in an SVG are whole numbers here, so it is drawn larger than it is to be
                // shown.
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
