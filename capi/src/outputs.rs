//! The numbers that belong to sets: parameters that are given, and what is written.

use absmax::{Integer, Params, QuantizedMut, Tiles};

use crate::codes::*;
use crate::fault::{Checked, Fault, same_length};
use crate::matrix::Matrix;
use crate::memory::Memory;
use crate::scheme::Recipe;
use crate::structs::{AbsmaxOutputs, AbsmaxParams, get};
use crate::types::{Float, Int, with_float};

/// Zero points of many sets, in their type. There may be none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ZeroPoints {
    memory: Memory,
    int: Int,
}

impl ZeroPoints {
    const NONE: Self = Self { memory: Memory::NONE, int: Int::I32 };

    /// Zero points of a type that holds those of the scheme.
    fn new<T>(first: *const T, code: u32, sets: usize, recipe: Recipe) -> Checked<Self> {
        let argument = ABSMAX_ARG_ZERO_POINTS;
        let int = Int::new(code, argument)?;
        let misfit = if recipe.scheme.is_unsigned() { Int::I8 } else { Int::U8 };
        if int == misfit {
            return Err(Fault { found: code.into(), ..Fault::new(ABSMAX_ERROR_TYPE, argument) });
        }
        Ok(Self { memory: Memory::new(first, int.size(), sets, argument)?, int })
    }

    /// The zero point of a set, if there is one.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`].
    unsafe fn get(self, set: usize) -> Option<i32> {
        // SAFETY: the size is that of the type, and the caller vouches for the memory.
        unsafe {
            match self.int {
                Int::I8 => self.memory.slice::<i8>().get(set).map(|&z| z.into()),
                Int::U8 => self.memory.slice::<u8>().get(set).map(|&z| z.into()),
                Int::I32 => self.memory.slice::<i32>().get(set).copied(),
            }
        }
    }
}

/// Parameters that are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    scales: Memory,
    scale_type: Float,
    zero_points: ZeroPoints,
}

impl Given {
    /// The parameters that a struct of C describes, for so many sets.
    ///
    /// # Safety
    ///
    /// As for [`get`].
    pub(crate) unsafe fn read(
        from: *const AbsmaxParams,
        recipe: Recipe,
        sets: usize,
    ) -> Checked<Self> {
        // SAFETY: the caller vouches for the pointer.
        let from = unsafe { get(from) }?;
        same_length(ABSMAX_ARG_PARAMS, sets, from.sets)?;
        let scale_type = Float::new(from.scale_type, ABSMAX_ARG_SCALES)?;
        let scales = Memory::new(from.scales, scale_type.size(), sets, ABSMAX_ARG_SCALES)?;
        let zero_points = if from.zero_points.is_null() {
            ZeroPoints::NONE
        } else {
            ZeroPoints::new(from.zero_points, from.zero_point_type, sets, recipe)?
        };
        Ok(Self { scales, scale_type, zero_points })
    }

    /// The parameters of some sets.
    pub(crate) fn part(self, first: usize, sets: usize) -> Self {
        let memory = self.zero_points.memory.part(first, sets);
        let zero_points = ZeroPoints { memory, ..self.zero_points };
        Self { scales: self.scales.part(first, sets), zero_points, ..self }
    }

    /// The number of sets.
    pub(crate) const fn sets(self) -> usize {
        self.scales.len()
    }

    /// The memory that is read.
    pub(crate) const fn memory(self) -> [Memory; 2] {
        [self.scales, self.zero_points.memory]
    }

    /// The parameters as kernels take them.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`].
    pub(crate) unsafe fn params<'a>(self) -> Params<'a> {
        // SAFETY: the sizes are those of the types, and the caller vouches for the memory.
        unsafe {
            let params = with_float!(self.scale_type, T => Params::new(self.scales.slice::<T>()));
            let memory = self.zero_points.memory;
            match self.zero_points.int {
                Int::I8 => params.with_zero_points(memory.slice::<i8>()),
                Int::U8 => params.with_zero_points(memory.slice::<u8>()),
                Int::I32 => params.with_zero_points(memory.slice::<i32>()),
            }
        }
    }

    /// The zero point of a set, unless none are given.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`].
    pub(crate) unsafe fn zero_point(self, set: usize) -> Option<i32> {
        // SAFETY: the caller vouches for the memory.
        unsafe { self.zero_points.get(set) }
    }
}

/// What quantizing writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets {
    /// The integers, or bands of tiles of them.
    pub(crate) q: Matrix,
    scales: Memory,
    scale_type: Float,
    zero_points: ZeroPoints,
    sums: Option<Memory>,
    scaled_sums: Option<Memory>,
}

/// What there is beside the outputs: how they are laid out, and memory to work in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) tiles: Option<Tiles>,
    pub(crate) scratch: Memory,
}

/// The tiles that a struct of C asks for, if it does.
pub(crate) fn tiles(rows: usize, columns: usize) -> Checked<Option<Tiles>> {
    Ok(if (rows, columns) == (0, 0) { None } else { Some(Tiles::new(rows, columns)?) })
}

impl Targets {
    /// The outputs that a struct of C describes, for a matrix of `[rows, row_len]`. If parameters are
    /// given, none are written.
    pub(crate) fn new(
        from: &AbsmaxOutputs,
        recipe: Recipe,
        shape: [usize; 2],
        given: bool,
    ) -> Checked<(Self, Work)> {
        let tiles = tiles(from.tile_rows, from.tile_columns)?;
        let q = integers(from, shape, tiles)?;
        let sets = recipe.sets(shape[0], shape[1])?;
        let per_set = [from.scales, from.zero_points, from.sums.cast(), from.scaled_sums.cast()];
        if !given || per_set.iter().any(|pointer| !pointer.is_null()) {
            same_length(ABSMAX_ARG_OUTPUTS, sets, from.sets)?;
        }
        let (mut scales, mut scale_type) = (Memory::NONE, Float::F32);
        if !given {
            scale_type = Float::new(from.scale_type, ABSMAX_ARG_SCALES)?;
            scales = Memory::new(from.scales, scale_type.size(), sets, ABSMAX_ARG_SCALES)?;
        } else if !from.scales.is_null() {
            return Err(Fault::unlike(ABSMAX_ERROR_LENGTH, ABSMAX_ARG_SCALES, 0, sets));
        }
        let zero_points = if !given && !recipe.scheme.is_symmetric() {
            ZeroPoints::new(from.zero_points, from.zero_point_type, sets, recipe)?
        } else if from.zero_points.is_null() {
            ZeroPoints::NONE
        } else {
            return Err(Fault::unlike(ABSMAX_ERROR_LENGTH, ABSMAX_ARG_ZERO_POINTS, 0, sets));
        };
        let optional = |first: *const u8, argument| {
            let memory = Memory::new(first, 4, sets, argument);
            (!first.is_null()).then_some(memory).transpose()
        };
        let sums = optional(from.sums.cast(), ABSMAX_ARG_SUMS)?;
        let scaled_sums = optional(from.scaled_sums.cast(), ABSMAX_ARG_SCALED_SUMS)?;
        let scratch = Memory::of(from.scratch.cast::<u8>(), from.scratch_size, ABSMAX_ARG_SCRATCH)?;
        let targets = Self { q, scales, scale_type, zero_points, sums, scaled_sums };
        Ok((targets, Work { tiles, scratch }))
    }

    /// Whether sums are wanted.
    pub(crate) const fn wants_sums(self) -> bool {
        self.sums.is_some() || self.scaled_sums.is_some()
    }

    /// The outputs of the same sets, with other integers.
    pub(crate) fn with_integers(self, q: Matrix) -> Self {
        Self { q, ..self }
    }

    /// The outputs of some sets, with other integers.
    pub(crate) fn part(self, q: Matrix, first: usize, sets: usize) -> Self {
        let memory = self.zero_points.memory.part(first, sets);
        Self {
            q,
            scales: self.scales.part(first, sets),
            zero_points: ZeroPoints { memory, ..self.zero_points },
            sums: self.sums.map(|sums| sums.part(first, sets)),
            scaled_sums: self.scaled_sums.map(|sums| sums.part(first, sets)),
            ..self
        }
    }

    /// Whether there is nothing to write, however many rows there are.
    pub(crate) fn is_empty(self) -> bool {
        self.memory().iter().all(|memory| memory.len() == 0)
    }

    /// The memory that is written.
    pub(crate) fn memory(self) -> [Memory; 5] {
        let [sums, scaled_sums] =
            [self.sums, self.scaled_sums].map(|sums| sums.unwrap_or(Memory::NONE));
        [self.q.memory(), self.scales, self.zero_points.memory, sums, scaled_sums]
    }

    /// The zero point of a set, if zero points have been written.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`].
    pub(crate) unsafe fn zero_point(self, set: usize) -> Option<i32> {
        // SAFETY: the caller vouches for the memory.
        unsafe { self.zero_points.get(set) }
    }

    /// The outputs as kernels take them.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice_mut`].
    pub(crate) unsafe fn quantized<'a, Q: Integer>(self) -> Checked<QuantizedMut<'a, Q>> {
        // SAFETY: the sizes are those of the types, and the caller vouches for the memory.
        unsafe {
            let mut out = QuantizedMut::new(self.q.get_mut::<Q>()?);
            if self.scales.len() > 0 {
                out = with_float!(self.scale_type, T => {
                    out.with_scales(self.scales.slice_mut::<T>())
                });
            }
            let memory = self.zero_points.memory;
            if memory.len() > 0 {
                out = match self.zero_points.int {
                    Int::I8 => out.with_zero_points(memory.slice_mut::<i8>()),
                    Int::U8 => out.with_zero_points(memory.slice_mut::<u8>()),
                    Int::I32 => out.with_zero_points(memory.slice_mut::<i32>()),
                };
            }
            if let Some(sums) = self.sums {
                out = out.with_sums(sums.slice_mut());
            }
            if let Some(sums) = self.scaled_sums {
                out = out.with_scaled_sums(sums.slice_mut());
            }
            Ok(out)
        }
    }
}

/// The matrix of the integers: as many rows as the values have, or bands of tiles.
fn integers(from: &AbsmaxOutputs, shape: [usize; 2], tiles: Option<Tiles>) -> Checked<Matrix> {
    let [rows, row_len] = shape;
    let (rows, needed, whole) = match tiles {
        None => (rows, row_len, 1),
        Some(tiles) => (tiles.bands(rows), tiles.band_len(row_len)?, tiles.mr() * tiles.kr()),
    };
    // What is longer is padded, with tiles by whole ones.
    if from.q_row_len < needed || !from.q_row_len.is_multiple_of(whole) {
        same_length(ABSMAX_ARG_Q, needed, from.q_row_len)?;
    }
    Matrix::new(from.q, 1, [rows, from.q_row_len, from.q_row_stride], ABSMAX_ARG_Q)
}
