//! The font of pictures.

use ab_glyph::{Font as _, FontRef, GlyphId, PxScale, point};
use anyhow::{Context as _, Result};

/// The bytes of the font, which assets/README.md describes.
static BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// A font. Sizes are heights of an em.
pub(super) struct Font {
    font: FontRef<'static>,
    units_per_em: f32,
}

impl Font {
    pub(super) fn new() -> Result<Self> {
        let font = FontRef::try_from_slice(BYTES).context("cannot read the font")?;
        let units_per_em = font.units_per_em().context("the font has no size")?;
        Ok(Self { font, units_per_em })
    }

    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        let units: f32 = text.chars().map(|c| self.advance(self.font.glyph_id(c))).sum();
        f64::from(units / self.units_per_em) * size
    }

    /// The height of an x.
    pub(super) fn x_height(&self, size: f64) -> f64 {
        let x = self.font.outline(self.font.glyph_id('x'));
        let units = x.map_or(0.0, |x| x.bounds.height().abs());
        f64::from(units / self.units_per_em) * size
    }

    /// Calls `draw` with every pixel of a text that begins at the origin, on its baseline, and how
    /// much of the pixel is covered.
    pub(super) fn draw(&self, text: &str, size: f64, mut draw: impl FnMut(i32, i32, f32)) {
        let pixels_per_unit = size as f32 / self.units_per_em;
        let scale = PxScale::from(self.font.height_unscaled() * pixels_per_unit);
        let mut x = 0.0;
        for c in text.chars() {
            let id = self.font.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(x, 0.0));
            if let Some(outline) = self.font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
                outline.draw(|x, y, cover| draw(left + x as i32, top + y as i32, cover));
            }
            x += self.advance(id) * pixels_per_unit;
        }
    }

    fn advance(&self, id: GlyphId) -> f32 {
        self.font.h_advance_unscaled(id)
    }
}
