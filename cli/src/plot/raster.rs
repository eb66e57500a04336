//! Pixels that plotters draws on.
//!
//! The bitmap that plotters has of its own puts letters at whole pixels, and without the space that
//! belongs on their left.

use std::convert::Infallible;

use anyhow::Result;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::canvas::EM;
use super::font::Font;

pub(super) struct Raster {
    width: usize,
    /// Red, green and blue of each pixel, row by row.
    pixels: Vec<[u8; 3]>,
    font: Font,
}

impl Raster {
    pub(super) fn new([width, height]: [u32; 2]) -> Result<Self> {
        let pixels = vec![[255; 3]; width as usize * height as usize];
        Ok(Self { width: width as usize, pixels, font: Font::new()? })
    }

    /// A PNG of the means of squares of `side` by `side` pixels, which smooths edges.
    pub(super) fn png(&self, side: usize) -> Result<Vec<u8>> {
        let (width, height) = (self.width / side, self.pixels.len() / self.width / side);
        let mut data = Vec::with_capacity(3 * width * height);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let mut sums = [0_usize; 3];
            for row in y * side..(y + 1) * side {
                for pixel in &self.pixels[row * self.width + x * side..][..side] {
                    sums.iter_mut().zip(pixel).for_each(|(sum, &c)| *sum += usize::from(c));
                }
            }
            data.extend(sums.map(|sum| ((sum + side * side / 2) / (side * side)) as u8));
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&data)?;
        writer.finish()?;
        Ok(file)
    }
}

impl DrawingBackend for Raster {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width as u32, (self.pixels.len() / self.width) as u32)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return Ok(()) };
        if x >= self.width {
            return Ok(());
        }
        let Some(pixel) = self.pixels.get_mut(y * self.width + x) else { return Ok(()) };
        let (r, g, b) = color.rgb;
        // Nearly all pixels are the background's.
        if color.alpha == 1.0 {
            *pixel = [r, g, b];
            return Ok(());
        }
        // Plotters asks for a little less than nothing at some edges.
        let alpha = color.alpha.clamp(0.0, 1.0);
        for (old, new) in pixel.iter_mut().zip([r, g, b]) {
            *old = (f64::from(*old) * (1.0 - alpha) + f64::from(new) * alpha).round() as u8;
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (size, color, transform) = (style.size() / EM, style.color(), style.transform());
        let (width, x_height) = (self.font.width(text, size), self.font.x_height(size));
        let dx = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        // The text is placed as in SVGs.
        let dy = match style.anchor().v_pos {
            VPos::Top => 0.76 * size,
            VPos::Center => 0.5 * x_height,
            VPos::Bottom => -0.5 * x_height,
        };
        let (dx, dy) = (dx.round() as i32, dy.round() as i32);
        let mut pixels = Vec::new();
        self.font.draw(text, size, |x, y, cover| pixels.push((x, y, cover)));
        for (x, y, cover) in pixels {
            let (x, y) = transform.transform(x + dx, y + dy);
            let alpha = color.alpha * f64::from(cover);
            self.draw_pixel((at.0 + x, at.1 + y), BackendColor { alpha, ..color })?;
        }
        Ok(())
    }
}
