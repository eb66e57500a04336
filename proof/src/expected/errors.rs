//! The expected error between values and their approximations, which is made of sums in one fixed
//! order.

use crate::inputs::Input;

/// What there is to know of an error.
#[derive(Clone, Copy, Debug)]
pub struct Errors {
    /// The number of values.
    pub count: u64,
    /// The mean of the squares.
    pub mse: f64,
    /// The largest error.
    pub max_abs: f64,
    /// The signal to quantization noise ratio in decibels, and the cosine of the angle between the
    /// values and their approximations; `None` if they are not known.
    pub ratios: Option<[f64; 2]>,
}

/// Sums over pairs of a value x and its approximation y, with e = x - y: of e^2, x^2, y^2 and x y.
pub type Sums = [f64; 4];

impl Errors {
    /// The statistics that follow from the sums and the largest |e|.
    pub fn new(len: usize, [ee, xx, yy, xy]: Sums, max_abs: f64) -> Self {
        let count = len as u64;
        let mse = if count == 0 { 0.0 } else { ee / count as f64 };
        let sqnr_db = if ee == 0.0 { f64::INFINITY } else { 10.0 * (xx / ee).log10() };
        let cosine = if xx == 0.0 && yy == 0.0 { 1.0 } else { xy / (xx.sqrt() * yy.sqrt()) };
        Self { count, mse, max_abs, ratios: Some([sqnr_db, cosine]) }
    }
}

/// What one pair adds to the sums.
pub fn products(x: f64, y: f64) -> Sums {
    let e = x - y;
    [e * e, x * x, y * y, x * y]
}

/// The number of values whose sums are added to the total at a time.
const STRETCH: usize = 1 << 14;

/// The number of accumulators of each sum, which take turns.
const LANES: usize = 16;

/// The error of `y`, which is to be `x`.
pub fn errors<T: Input>(x: &[T], y: &[f32]) -> Errors {
    let (mut totals, mut max_abs) = (Sums::default(), 0.0);
    for (x, y) in x.chunks(STRETCH).zip(y.chunks(STRETCH)) {
        let mut lanes = [Sums::default(); LANES];
        for (i, (x, y)) in x.iter().zip(y).enumerate() {
            let (x, y) = (f64::from(x.wide()), f64::from(*y));
            lanes[i % LANES] = plus(lanes[i % LANES], products(x, y));
            let e = (x - y).abs();
            // A NaN counts as the largest of all.
            max_abs = if e > max_abs || e.is_nan() { e } else { max_abs };
        }
        totals = plus(totals, halved(lanes));
    }
    Errors::new(x.len(), totals, max_abs)
}

/// ((0 + 8) + (4 + 12)) + ...: the second half is added to the first until one is left.
fn halved(mut lanes: [Sums; LANES]) -> Sums {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = plus(lanes[i], lanes[i + half]);
        }
    }
    lanes[0]
}

fn plus(mut a: Sums, b: Sums) -> Sums {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
    a
}
