//! Compares tiles: `QuantizedMut::with_tiles`.

use absmax::{Result, Scheme, Tiles};

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input};

impl Board {
    /// Compares the tiles that every subject makes of a matrix without gaps, or its error. The
    /// parameters are the matrix' own, or those of `given`. There are so many columns in all.
    pub fn tiles<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        (shape, scheme): ([usize; 2], Scheme),
        (tiles, columns): (Tiles, usize),
        given: Option<&Quantized<Q>>,
        expected: &Result<Quantized<Q>>,
    ) {
        let parameters = || {
            let by = if given.is_some() { "given" } else { "its own" };
            format!("shape {shape:?}, {scheme:?}, {by} parameters, {tiles:?} of {columns} columns")
        };
        let scene = Scene { kernel: Kernel::WithTiles, x, parameters: &parameters };
        let expected = expected.clone().map(|of| {
            let q = expected::tiles(&of, shape, scheme, tiles, columns);
            if given.is_some() {
                Quantized { q, ..Quantized::default() }
            } else {
                Quantized { q, ..of }
            }
        });
        let sets = if given.is_some() { 0 } else { expected::set_count(&shape, scheme) };
        let zero_points = if expected::is_symmetric(scheme) { 0 } else { sets };
        let integers = tiles.bands(shape[0]) * tiles.mr() * columns;
        self.own_scale(
            &scene,
            [integers, sets, zero_points],
            &expected,
            &|subject, q, scales, zero_points| {
                let to = (q, scales, zero_points);
                subject.tiles(x, (shape, scheme), (tiles, columns), given, to)
            },
        );
    }
}
