//! What an arithmetic makes of rows of numbers: `scripts/check-engines` compares it with the
//! program that the arithmetic is named after.
//!
//!     cargo run --release --example arithmetic
//!     cargo run --release --example arithmetic -- PRESET FORM COLUMNS ELEMENT <rows >answers
//!
//! Without arguments, it shows what each preset makes of one row.
//!
//! PRESET is a name of `Arithmetic::PRESETS`, ELEMENT is f32 or bf16. A row is COLUMNS numbers, and
//! all bytes are little-endian. FORM says what a row becomes:
//!
//! - `symmetric`, `affine-signed` (i8) and `affine` (u8): the scale (f32), the zero point (i32), and
//!   an integer for each number;
//! - `given`: the same, symmetric from -128 by a scale that stands before the row's numbers;
//! - `q8_0`, `q8_1`, `q8_K`: the block of ggml, of 32 or 256 numbers.
//!
//! Of a row that the arithmetic refuses, each byte is 255, so that its scale is NaN.

use std::error::Error;
use std::io::{Read as _, Write as _, stdin, stdout};

use absmax::arithmetic::Schemes;
use absmax::{Arithmetic, Element, Integer, QuantParams, Range, Scheme, reference};
use half::bf16;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    if arguments.is_empty() {
        return show();
    }
    let [preset, form, columns, element] = &arguments[..] else {
        return Err("arguments: PRESET FORM COLUMNS ELEMENT".into());
    };
    let Some(arithmetic) = Arithmetic::by_name(preset) else {
        let names = Arithmetic::PRESETS.map(|(name, _)| name).join(", ");
        return Err(format!("{preset} is none of the presets: {names}").into());
    };
    let columns = columns.parse()?;
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes)?;
    let answers = match element.as_str() {
        "f32" => answers(&numbers(&bytes, f32::from_le_bytes)?, form, columns, arithmetic)?,
        "bf16" => answers(&numbers(&bytes, bf16::from_le_bytes)?, form, columns, arithmetic)?,
        _ => return Err(format!("{element} is neither f32 nor bf16").into()),
    };
    Ok(stdout().write_all(&answers)?)
}

/// Shows what each preset makes of one row, by a scheme that it has.
fn show() -> Result<()> {
    let x = [-100.0f32, -0.5, 0.25, 0.5, 1.5, 127.0];
    println!("{x:?} becomes");
    for (name, arithmetic) in Arithmetic::PRESETS {
        let (scale, zero_point, q) = match arithmetic.schemes {
            Schemes::All | Schemes::Narrow => shown::<i8>(&x, Scheme::int8(), arithmetic)?,
            Schemes::FullOrSigned | Schemes::Signed => {
                shown::<i8>(&x, Scheme::int8().affine(), arithmetic)?
            }
            Schemes::Unsigned => shown::<u8>(&x, Scheme::uint8(), arithmetic)?,
        };
        println!("{name:18} {q:?}, scale {scale}, zero point {zero_point}");
    }
    Ok(())
}

fn shown<Q: Integer + Default>(
    x: &[f32],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Result<(f32, i32, Vec<i32>)> {
    let mut q = vec![Q::default(); x.len()];
    let (scale, zero_point) = reference::quantize_group(x, scheme, arithmetic, &mut q)?;
    Ok((scale, zero_point, q.iter().map(|q| q.to_i32()).collect()))
}

fn numbers<T, const SIZE: usize>(bytes: &[u8], number: fn([u8; SIZE]) -> T) -> Result<Vec<T>> {
    let (chunks, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(format!("{} bytes are no whole number of {SIZE}", bytes.len()).into());
    }
    Ok(chunks.iter().map(|&chunk| number(chunk)).collect())
}

/// The answers for all rows.
fn answers<T: Element>(
    x: &[T],
    form: &str,
    columns: usize,
    arithmetic: Arithmetic,
) -> Result<Vec<u8>> {
    let row_len = columns + usize::from(form == "given");
    if columns == 0 || !x.len().is_multiple_of(row_len) {
        return Err(format!("{} numbers are no rows of {row_len}", x.len()).into());
    }
    // Presets have one range of symmetric integers each.
    let symmetric = match arithmetic.schemes {
        Schemes::FullOrSigned => Scheme::int8().with_range(Range::Full),
        _ => Scheme::int8(),
    };
    let quantize = |row: &[T]| match form {
        "symmetric" => Ok(group::<T, i8>(row, symmetric, arithmetic)),
        "affine-signed" => Ok(group::<T, i8>(row, symmetric.affine(), arithmetic)),
        "affine" => Ok(group::<T, u8>(row, Scheme::uint8(), arithmetic)),
        "given" => Ok(given(row[0].to_f32(), &row[1..], arithmetic)),
        "q8_0" => Ok(reference::q8_0(row.try_into()?, arithmetic).map(Vec::from)),
        "q8_1" => Ok(reference::q8_1(row.try_into()?, arithmetic).map(Vec::from)),
        "q8_K" => Ok(reference::q8_k(row.try_into()?, arithmetic).map(Vec::from)),
        _ => Err(Box::<dyn Error>::from(format!("there is no form {form}"))),
    };
    let answer_len = match form {
        "q8_0" => 34,
        "q8_1" => 36,
        "q8_K" => 292,
        _ => 8 + columns,
    };
    let mut answers = Vec::with_capacity(x.len() / row_len * answer_len);
    for row in x.chunks(row_len) {
        match quantize(row)? {
            Ok(answer) => answers.extend(answer),
            Err(
                absmax::Error::ScaleOverflow { .. }
                | absmax::Error::ScaleUnderflow { .. }
                | absmax::Error::BlockSumOverflow { .. },
            ) => answers.extend(vec![255; answer_len]),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(answers)
}

/// A row by its own scale.
fn group<T: Element, Q: Integer + Default>(
    x: &[T],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> absmax::Result<Vec<u8>> {
    let mut q = vec![Q::default(); x.len()];
    let (scale, zero_point) = reference::quantize_group(x, scheme, arithmetic, &mut q)?;
    Ok(answer(scale, zero_point, &q))
}

/// A row by a scale that is given.
fn given<T: Element>(scale: f32, x: &[T], arithmetic: Arithmetic) -> absmax::Result<Vec<u8>> {
    let params = QuantParams::new(scale, 0, -128..=127)?;
    let mut q = vec![0i8; x.len()];
    reference::quantize_group_with(x, params, arithmetic, &mut q)?;
    Ok(answer(scale, 0, &q))
}

fn answer<Q: Integer>(scale: f32, zero_point: i32, q: &[Q]) -> Vec<u8> {
    let mut answer = [scale.to_le_bytes(), zero_point.to_le_bytes()].concat();
    // The low byte of an integer is that of its type.
    answer.extend(q.iter().map(|q| q.to_i32() as u8));
    answer
}
