//! How numbers become integers.

use crate::arithmetic::Rounding;

/// The integer nearest to a number, within 2^30 in magnitude.
pub(super) fn integer(number: f64, rounding: Rounding) -> i32 {
    const LARGEST: f64 = (1 << 30) as f64;
    let number = number.clamp(-LARGEST, LARGEST);
    let truncated = number as i32;
    let fraction = (number - f64::from(truncated)).abs();
    let away = match rounding {
        Rounding::HalfEven => fraction > 0.5 || (fraction == 0.5 && truncated % 2 != 0),
        Rounding::HalfAway => fraction >= 0.5,
    };
    let step = if number < 0.0 { -1 } else { 1 };
    if away { truncated + step } else { truncated }
}
