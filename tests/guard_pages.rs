//! Nothing outside the rows of a matrix is read or written: what stands before them, between them and
//! behind them are pages that no one may touch.
#![cfg(unix)]
#![allow(unsafe_code, reason = "pages are taken from the system and protected")]

use std::marker::PhantomData;
use std::ptr;

use absmax::{
    Arithmetic, Backend, Element, Granularity, Integer, Params, QuantizedMut, Rows, RowsMut,
    Scheme, Tiles, reference,
};
use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};

/// Every page size that Linux has on x86-64 and aarch64 divides this.
const PAGE: usize = 1 << 16;

/// Rows of a matrix with pages before, between and behind them that may not be touched. Every row
/// begins where such a page ends, or ends where one begins.
struct Guarded<T> {
    memory: *mut u8,
    bytes: usize,
    /// Bytes from the start of the memory to that of the matrix.
    start: usize,
    rows: usize,
    row_len: usize,
    /// In elements.
    stride: usize,
    of: PhantomData<T>,
}

impl<T: Pod + Zeroable> Guarded<T> {
    /// Rows that stand `stride` elements apart, or with a guarded page between any two. Those that end
    /// where a page does are `at_end`.
    fn new([rows, row_len]: [usize; 2], at_end: bool, stride: Option<usize>) -> Self {
        let size = size_of::<T>();
        let (row, stride) = (row_len * size, stride.map(|stride| stride * size));
        // Room for a row, then a page that is guarded; or room for all rows.
        let spanned = stride.map_or(row, |stride| (rows - 1) * stride + row);
        let room = spanned.next_multiple_of(PAGE);
        let rooms = if stride.is_some() { 1 } else { rows };
        let bytes = PAGE + rooms * (room + PAGE);
        // SAFETY: new memory is asked for, at no particular place.
        let memory = unsafe {
            let protection = libc::PROT_NONE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0)
        };
        assert_ne!(memory, libc::MAP_FAILED);
        let memory = memory.cast::<u8>();
        for which in 0..rooms {
            // SAFETY: the room is part of the memory.
            let done = unsafe {
                let at = memory.add(PAGE + which * (room + PAGE)).cast();
                libc::mprotect(at, room, libc::PROT_READ | libc::PROT_WRITE)
            };
            assert_eq!(done, 0);
        }
        let start = PAGE + if at_end { room - spanned } else { 0 };
        let stride = stride.unwrap_or(room + PAGE) / size;
        Self { memory, bytes, start, rows, row_len, stride, of: PhantomData }
    }

    /// From the first element of the matrix to the last. Some of them may not be touched.
    fn span(&self) -> (*mut T, usize) {
        // SAFETY: the matrix is part of the memory.
        let first = unsafe { self.memory.add(self.start) }.cast();
        (first, (self.rows - 1) * self.stride + self.row_len)
    }

    fn rows(&self) -> Rows<'_, T> {
        let (first, len) = self.span();
        // SAFETY: the memory is aligned and, where it may be touched, initialised. A slice promises that
        // all of it may be, which is not so here: that it makes no difference is what is tested.
        let data = unsafe { std::slice::from_raw_parts(first, len) };
        Rows::strided(data, self.rows, self.row_len, self.stride).unwrap()
    }

    fn rows_mut(&mut self) -> RowsMut<'_, T> {
        let (first, len) = self.span();
        // SAFETY: as above, and nothing else refers to them.
        let data = unsafe { std::slice::from_raw_parts_mut(first, len) };
        RowsMut::strided(data, self.rows, self.row_len, self.stride).unwrap()
    }

    fn fill(&mut self, value: impl Fn(usize) -> T) {
        let row_len = self.row_len;
        for row in 0..self.rows {
            let mut rows = self.rows_mut();
            let row_of = rows.get_mut(row).unwrap().iter_mut().enumerate();
            row_of.for_each(|(column, x)| *x = value(row * row_len + column));
        }
    }

    fn values(&self) -> Vec<T> {
        (0..self.rows).flat_map(|row| self.rows().get(row).unwrap()).copied().collect()
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: the memory is this one's, and nothing refers to it.
        unsafe { libc::munmap(self.memory.cast(), self.bytes) };
    }
}

/// Whether rows end where a page does, and what [`Guarded::new`] is told of their distance.
type Place = (bool, Option<usize>);

fn schemes() -> Vec<Scheme> {
    let mut schemes = Vec::new();
    let offset = Scheme::int8().with_offset();
    for scheme in [Scheme::int8(), Scheme::uint8(), Scheme::int4().affine(), offset] {
        let groups = [7, 16, 32].map(|size| scheme.per_group(size).unwrap());
        schemes.extend([scheme, scheme.per_channel(0), scheme.per_channel(1)]);
        schemes.extend(groups);
    }
    schemes
}

/// There and back by every scheme, and what comes of it.
fn all<T: Element + Pod + PartialEq, Q: Integer + Pod + Eq>(
    backend: Backend,
    shape: [usize; 2],
    places: &[Place],
) {
    let [rows, row_len] = shape;
    let value = |i: usize| T::from_f32((i * 37 % 101) as f32 * 0.37 - 11.0);
    let plain: Vec<T> = (0..rows * row_len).map(value).collect();
    for scheme in schemes().into_iter().filter(|scheme| scheme.is_unsigned() == Q::UNSIGNED) {
        let count = scheme.scale_count(&shape).unwrap();
        let zero_points = if scheme.is_symmetric() { 0 } else { count };
        let (mut scales, mut zero_points) = (vec![0.0; count], vec![0; zero_points]);
        let (mut q, mut back) = (vec![Q::zeroed(); plain.len()], vec![T::zeroed(); plain.len()]);
        let out = QuantizedMut::new(RowsMut::new(&mut q, rows, row_len).unwrap())
            .with_scales(&mut scales)
            .with_zero_points(&mut zero_points);
        backend.quantize_rows(scheme, Rows::new(&plain, rows, row_len).unwrap(), out).unwrap();
        let params = Params::new(&scales).with_zero_points(&zero_points);
        let from = Rows::new(&q, rows, row_len).unwrap();
        let to = RowsMut::new(&mut back, rows, row_len).unwrap();
        backend.dequantize_rows(scheme, from, params, to).unwrap();

        for &(at_end, stride) in places {
            let mut x = Guarded::<T>::new(shape, at_end, stride);
            x.fill(value);
            let (mut own, mut given) = (
                Guarded::<Q>::new(shape, !at_end, stride),
                Guarded::<Q>::new(shape, at_end, stride),
            );
            let mut y = Guarded::<T>::new(shape, !at_end, stride);
            let (mut scales, mut zero_points) = (scales.clone(), zero_points.clone());
            let out = QuantizedMut::new(own.rows_mut())
                .with_scales(&mut scales)
                .with_zero_points(&mut zero_points);
            backend.quantize_rows(scheme, x.rows(), out).unwrap();
            let out = QuantizedMut::new(given.rows_mut());
            backend.quantize_rows_with(scheme, x.rows(), params, out).unwrap();
            backend.dequantize_rows(scheme, given.rows(), params, y.rows_mut()).unwrap();
            let name = format!("{} {scheme:?} {shape:?} {at_end} {stride:?}", backend.isa());
            assert!(own.values() == q && given.values() == q, "{name}");
            assert!(y.values() == back, "{name}");
        }
    }
}

/// Rows of integers that are longer than those of the values, by own and by given parameters, which
/// are the same. What is left of a row is the zero point of its last value.
fn padded<T: Element + Pod, Q: Integer + Pod + Eq>(
    backend: Backend,
    [rows, row_len]: [usize; 2],
    padding: usize,
) {
    let value = |i: usize| T::from_f32((i * 37 % 101) as f32 * 0.37 - 11.0);
    for scheme in schemes().into_iter().filter(|scheme| scheme.is_unsigned() == Q::UNSIGNED) {
        let count = scheme.scale_count(&[rows, row_len]).unwrap();
        let zero_points = if scheme.is_symmetric() { 0 } else { count };
        let (mut scales, mut zero_points) = (vec![0.0; count], vec![0; zero_points]);
        for (at_end, stride) in [(false, None), (true, None), (true, Some(row_len + padding + 3))] {
            let mut x = Guarded::<T>::new([rows, row_len], at_end, None);
            x.fill(value);
            let mut own = Guarded::<Q>::new([rows, row_len + padding], at_end, stride);
            let mut given = Guarded::<Q>::new([rows, row_len + padding], at_end, stride);
            let (mut sums, mut given_sums) = (vec![0; count], vec![0; count]);
            let out = QuantizedMut::new(own.rows_mut())
                .with_padding()
                .with_scales(&mut scales)
                .with_zero_points(&mut zero_points)
                .with_sums(&mut sums);
            backend.quantize_rows(scheme, x.rows(), out).unwrap();
            let params = Params::new(&scales).with_zero_points(&zero_points);
            let out = QuantizedMut::new(given.rows_mut()).with_padding().with_sums(&mut given_sums);
            backend.quantize_rows_with(scheme, x.rows(), params, out).unwrap();

            let mut plain = vec![Q::zeroed(); rows * row_len];
            let out = QuantizedMut::new(RowsMut::new(&mut plain, rows, row_len).unwrap());
            backend.quantize_rows_with(scheme, x.rows(), params, out).unwrap();
            let name = format!("{} {scheme:?} {rows} * {row_len} + {padding}", backend.isa());
            for row in 0..rows {
                let values = &plain[row * row_len..][..row_len];
                let last = match scheme.granularity() {
                    Granularity::PerTensor => 0,
                    Granularity::PerChannel { axis: 0 } => row,
                    Granularity::PerChannel { .. } => row_len - 1,
                    Granularity::PerGroup { size } => (row + 1) * row_len.div_ceil(size.get()) - 1,
                };
                let zero_point = zero_points.get(last).copied().unwrap_or(scheme.offset());
                for found in [own.rows().get(row).unwrap(), given.rows().get(row).unwrap()] {
                    assert_eq!(&found[..row_len], values, "{name}");
                    let rest = &found[row_len..];
                    assert!(rest.iter().all(|q| q.to_i32() == zero_point), "{name}: {rest:?}");
                }
            }
            let total: i32 = plain.iter().map(|q| q.to_i32()).sum();
            assert_eq!(sums.iter().sum::<i32>(), total, "{name}");
            assert_eq!(sums, given_sums, "{name}");
        }
    }
}

/// Bands of tiles, by own and by given parameters, which are the same.
fn tiled<T: Element + Pod, Q: Integer + Pod + Eq>(
    backend: Backend,
    shape: [usize; 2],
    tiles: Tiles,
    padding: usize,
) {
    let [rows, row_len] = shape;
    let bands = [tiles.bands(rows), tiles.band_len(row_len + padding).unwrap()];
    let value = |i: usize| T::from_f32((i * 37 % 101) as f32 * 0.37 - 11.0);
    for scheme in schemes().into_iter().filter(|scheme| scheme.is_unsigned() == Q::UNSIGNED) {
        let count = scheme.scale_count(&shape).unwrap();
        let zero_points = if scheme.is_symmetric() { 0 } else { count };
        let (mut scales, mut zero_points) = (vec![0.0; count], vec![0; zero_points]);
        for (at_end, stride) in [(false, None), (true, None), (true, Some(bands[1] + 3))] {
            let mut x = Guarded::<T>::new(shape, at_end, None);
            x.fill(value);
            let mut own = Guarded::<Q>::new(bands, at_end, stride);
            let mut given = Guarded::<Q>::new(bands, at_end, stride);
            let out = QuantizedMut::new(own.rows_mut()).with_tiles(tiles).with_padding();
            let out = out.with_scales(&mut scales).with_zero_points(&mut zero_points);
            backend.quantize_rows(scheme, x.rows(), out).unwrap();
            let params = Params::new(&scales).with_zero_points(&zero_points);
            let out = QuantizedMut::new(given.rows_mut()).with_tiles(tiles).with_padding();
            backend.quantize_rows_with(scheme, x.rows(), params, out).unwrap();
            assert!(own.values() == given.values(), "{} {scheme:?} {tiles:?}", backend.isa());
        }
    }
}

fn of_all_types(shape: [usize; 2], places: &[Place]) {
    for backend in Backend::available() {
        all::<f32, i8>(backend, shape, places);
        all::<f16, u8>(backend, shape, places);
        all::<bf16, i8>(backend, shape, places);
    }
}

/// Between any two rows stands a page that may not be touched.
#[test]
fn between_rows() {
    for row_len in [1, 15, 16, 33, 64, 65, 130, 1000] {
        of_all_types([17, row_len], &[(false, None), (true, None)]);
    }
}

/// Behind what is left of a row stands a page that may not be touched.
#[test]
fn padded_rows() {
    for backend in Backend::available() {
        for (row_len, padding) in [(1, 1), (15, 1), (16, 16), (33, 31), (64, 64), (130, 62)] {
            padded::<f32, i8>(backend, [17, row_len], padding);
            padded::<f16, u8>(backend, [1, row_len], padding);
            padded::<bf16, u8>(backend, [5, row_len], padding);
        }
    }
}

/// Behind a band of tiles stands a page that may not be touched, and behind each row of values.
#[test]
fn bands_of_tiles() {
    let tiles = [[4, 8], [8, 4], [16, 4], [3, 5]].map(|[mr, kr]| Tiles::new(mr, kr).unwrap());
    for backend in Backend::available() {
        for tiles in tiles {
            for (row_len, padding) in [(1, 0), (33, 0), (64, 0), (130, 32)] {
                tiled::<f32, i8>(backend, [17, row_len], tiles, padding);
                tiled::<f16, u8>(backend, [16, row_len], tiles, padding);
                tiled::<bf16, u8>(backend, [2, row_len], tiles, padding);
            }
        }
    }
}

/// Before and behind the blocks of ggml, and the values that they are made of.
#[test]
fn around_blocks() {
    for backend in Backend::available() {
        for arithmetic in [Arithmetic::exact(), Arithmetic::ggml(), Arithmetic::ggml_x86()] {
            for (count, at_end) in
                [1, 15, 16, 17, 70].into_iter().flat_map(|n| [(n, false), (n, true)])
            {
                let by = backend.by(arithmetic);
                let mut x = Guarded::<f32>::new([1, count * 32], at_end, Some(count * 32));
                x.fill(|i| (i * 37 % 101) as f32 * 0.37 - 11.0);
                let mut bytes = guarded_bytes(count * 34, at_end);
                by.quantize_q8_0(x.rows(), row(&mut bytes)).unwrap();
                let expected = |x: &[f32; 32]| reference::q8_0(x, arithmetic).unwrap();
                let all = x.values().as_chunks().0.iter().flat_map(expected).collect::<Vec<_>>();
                assert_eq!(bytes.values(), all);

                let mut bytes = guarded_bytes(count * 36, at_end);
                by.quantize_q8_1(x.rows(), row(&mut bytes)).unwrap();
                let expected = |x: &[f32; 32]| reference::q8_1(x, arithmetic).unwrap();
                let all = x.values().as_chunks().0.iter().flat_map(expected).collect::<Vec<_>>();
                assert_eq!(bytes.values(), all);

                let mut x = Guarded::<f16>::new([1, count * 256], at_end, Some(count * 256));
                x.fill(|i| f16::from_f32((i * 37 % 101) as f32 * 0.37 - 11.0));
                let mut bytes = guarded_bytes(count * 292, at_end);
                by.quantize_q8_k(x.rows(), row(&mut bytes)).unwrap();
                let expected = |x: &[f16; 256]| reference::q8_k(x, arithmetic).unwrap();
                let all = x.values().as_chunks().0.iter().flat_map(expected).collect::<Vec<_>>();
                assert_eq!(bytes.values(), all);
            }
        }
    }
}

fn guarded_bytes(len: usize, at_end: bool) -> Guarded<u8> {
    Guarded::new([1, len], at_end, Some(len))
}

/// Bytes as a row of blocks.
fn row<const SIZE: usize>(bytes: &mut Guarded<u8>) -> RowsMut<'_, [u8; SIZE]> {
    let (first, len) = bytes.span();
    // SAFETY: the row is mapped and initialised, and nothing else refers to it.
    let blocks = unsafe { std::slice::from_raw_parts_mut(first, len) }.as_chunks_mut().0;
    let count = blocks.len();
    RowsMut::new(blocks, 1, count).unwrap()
}

/// Rows that are from their own length to twice that apart, with pages that may not be touched before
/// the first and behind the last.
#[test]
fn around_rows() {
    for row_len in [1, 3, 16, 17, 64, 71] {
        let strides = row_len..=2 * row_len;
        let places = strides.flat_map(|stride| [(false, Some(stride)), (true, Some(stride))]);
        of_all_types([3, row_len], &places.collect::<Vec<_>>());
    }
}

/// Whoever touches what is guarded does not live.
#[test]
fn the_guards_guard() {
    let dies = |touch: &dyn Fn(*mut u8)| {
        let guarded = Guarded::<u8>::new([2, 100], true, None);
        let (first, _) = guarded.span();
        // SAFETY: the child does nothing but touch memory and end.
        unsafe {
            let child = libc::fork();
            assert!(child >= 0);
            if child == 0 {
                let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
                libc::signal(libc::SIGSEGV, libc::SIG_DFL);
                libc::signal(libc::SIGBUS, libc::SIG_DFL);
                touch(first);
                libc::_exit(0);
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
            libc::WIFSIGNALED(status)
        }
    };
    // SAFETY: the first two are in the row; the others end the child.
    unsafe {
        assert!(!dies(&|first| first.write_volatile(1)));
        assert!(!dies(&|first| first.add(99).write_volatile(1)));
        assert!(dies(&|first| first.add(100).write_volatile(1)));
        assert!(dies(&|first| _ = first.add(100).read_volatile()));
        assert!(dies(&|first| _ = first.add(100 + PAGE - 1).read_volatile()));
    }
}
