//! Writes numbers by their bits, in hexadecimal: as many digits as the type has, and a blank
//! between two numbers.

use crate::inputs::{Input, Value};

/// The bits of numbers.
pub(super) fn hex<T: Value>(x: &[T]) -> String {
    let digits: Vec<String> = x.iter().map(|x| x.hex()["0x".len()..].to_owned()).collect();
    digits.join(" ")
}

/// The bits of numbers in another type, rounded to it.
pub(super) fn hex_of<T: Input>(x: &[f32]) -> String {
    hex(&x.iter().map(|&x| T::of(x)).collect::<Vec<T>>())
}

/// The numbers of some bits. A word that is no number is taken for 0, which makes the case differ.
pub(super) fn unhex<T: Input>(text: &str) -> Vec<T> {
    let bits = |digits| u32::from_str_radix(digits, 16).unwrap_or(0);
    text.split_whitespace().map(|digits| T::from_bits(bits(digits))).collect()
}

/// One number of binary32.
pub(super) fn unhex_one(text: &str) -> f32 {
    unhex(text).first().copied().unwrap_or(0.0)
}
