//! Vectors of rows of integers, packed in bytes and in words.

use absmax::Integer;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::by::By;
use super::file::Case;
use super::refusal::Answer;
use crate::expected;
use crate::inputs::{BitLayout, Byte};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Packed {
    integer: Type,
    bits: u8,
    layout: Kind,
    row_len: usize,
    q: Vec<i32>,
    #[serde(flatten)]
    answer: Answer<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    I8,
    U8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Bytes,
    Words,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bytes {
    /// The bytes in their order, with two digits for each.
    packed: String,
    /// The integers that come back. Those that do not fit have lost their highest bits.
    unpacked: Vec<i32>,
}

impl Case for Packed {
    const TOPIC: &'static str = "packing";

    fn all() -> Vec<Self> {
        let random = &mut Rng::with_seed(3);
        let mut all = Vec::new();
        for BitLayout { bits, words } in BitLayout::all() {
            let layout = if words { Kind::Words } else { Kind::Bytes };
            for [rows, row_len] in [[1, 1], [3, 5], [2, 16], [2, 19], [1, 70], [0, 4]] {
                for integer in [Type::I8, Type::U8] {
                    // About one integer in four may not fit, and is cut off.
                    let mut any = || {
                        let bits = if random.u32(..4) == 0 { 8 } else { bits };
                        let wide = random.i32(0..256) >> (8 - bits);
                        if integer == Type::I8 { wide - (1 << (bits - 1)) } else { wide }
                    };
                    let q = (0..rows * row_len).map(|_| any()).collect();
                    all.push(Self::new(integer, bits, layout, row_len, q));
                }
            }
        }
        all.extend([0, 1, 3, 9].map(|bits| Self::new(Type::I8, bits, Kind::Bytes, 1, vec![0])));
        all.iter().map(|case| case.answered(By::Reference)).collect()
    }

    fn answered(&self, by: By) -> Self {
        let bytes = match self.integer {
            Type::I8 => packed::<i8>(self, by),
            Type::U8 => packed::<u8>(self, by),
        };
        Self { answer: bytes.into(), ..self.clone() }
    }
}

impl Packed {
    fn new(integer: Type, bits: u8, layout: Kind, row_len: usize, q: Vec<i32>) -> Self {
        Self { integer, bits, layout, row_len, q, answer: Answer::Given(Bytes::default()) }
    }
}

fn packed<Q: Byte + Integer>(case: &Packed, by: By) -> absmax::Result<Bytes> {
    let layout = BitLayout { bits: case.bits, words: case.layout == Kind::Words };
    let (row_len, len) = (case.row_len, case.q.len());
    let q: Vec<Q> = case.q.iter().map(|&q| Q::from_i32(q)).collect();
    let (packed, unpacked): (Vec<u8>, Vec<Q>) = match by {
        By::Reference => {
            if !matches!(case.bits, 2 | 4 | 8) {
                return Err(absmax::Error::InvalidPacking { bits: case.bits });
            }
            let packed = expected::pack(&q, row_len, layout);
            let unpacked = expected::unpack(&packed, len, row_len, layout);
            (packed, unpacked)
        }
        By::Backend(backend) => {
            let packing = layout.packing()?;
            let rows = len.checked_div(row_len).unwrap_or(0);
            let mut packed = vec![0x55; packing.len(rows, row_len)?];
            backend.pack_into(&q, row_len, packing, &mut packed)?;
            let mut unpacked = vec![Q::UNTOUCHED; len];
            backend.unpack_into(&packed, row_len, packing, &mut unpacked)?;
            (packed, unpacked)
        }
    };
    Ok(Bytes {
        packed: packed.iter().map(|byte| format!("{byte:02x}")).collect(),
        unpacked: unpacked.into_iter().map(Byte::as_i32).collect(),
    })
}
