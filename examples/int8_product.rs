//! The weights of a safetensors file, quantized for an engine of one's own, and an int8 product that uses
//! them, compared with the product in floating point.
//!
//! The weight W [out, in] has a scale for each row, the activations X [tokens, in] a scale for each token.
//! Then
//!
//! ```text
//! (X W^T)[t, o]  is about  (sum over i of qx[t, i] * qw[o, i]) * sx[t] * sw[o]
//! ```
//!
//! where the sum is one of integers, and so the same on every CPU.
//!
//!     cargo run --release --example int8_product [-- model.safetensors [TENSOR]]
//!
//! Without a file the example writes a small one first. Without a name it takes the first tensor with two
//! dimensions in f32, f16 or bf16.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use absmax::{Backend, Element, ErrorStats, QuantizedMut, Rows, RowsMut, Scheme};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TOKENS: usize = 8;

/// Rows of integers and a scale for each row.
struct Quantized {
    q: Vec<i8>,
    scales: Vec<f32>,
    /// What was quantized, as binary32: for the comparison.
    values: Vec<f32>,
}

fn quantize<T: Element>(x: &[T], [rows, row_len]: [usize; 2]) -> Result<Quantized> {
    let (mut q, mut scales) = (vec![0i8; x.len()], vec![0.0; rows]);
    let out = QuantizedMut::new(RowsMut::new(&mut q, rows, row_len)?).with_scales(&mut scales);
    let scheme = Scheme::int8().per_channel(0);
    Backend::best().quantize_rows(scheme, Rows::new(x, rows, row_len)?, out)?;
    Ok(Quantized { q, scales, values: x.iter().map(|x| x.to_f32()).collect() })
}

/// The values of little-endian bytes, which may begin anywhere.
fn values<T, const N: usize>(bytes: &[u8], of: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| of(*bytes)).collect()
}

/// A weight of the file.
fn quantize_weight(view: &TensorView<'_>, shape: [usize; 2]) -> Result<Quantized> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => quantize(&values(bytes, f32::from_le_bytes), shape),
        Dtype::F16 => quantize(&values(bytes, f16::from_le_bytes), shape),
        Dtype::BF16 => quantize(&values(bytes, bf16::from_le_bytes), shape),
        other => Err(format!("a weight of {other:?} is not quantized here").into()),
    }
}

/// The product of row `t` of `x` and row `o` of `w`, from integers.
fn product(x: &Quantized, w: &Quantized, [t, o, row_len]: [usize; 3]) -> f32 {
    let row = |of: &Quantized, row: usize| -> Vec<i32> {
        of.q[row * row_len..][..row_len].iter().map(|&q| q.into()).collect()
    };
    // At most 127 * 127 for each value: rows of 133,000 fit 32 bits, longer ones do not.
    let sum: i64 = row(x, t).iter().zip(row(w, o)).map(|(x, w)| i64::from(x * w)).sum();
    sum as f32 * (x.scales[t] * w.scales[o])
}

/// A file such as other programs write.
fn small_file() -> Result<PathBuf> {
    let shape = vec![48, 192];
    let weight: Vec<bf16> =
        (0..48 * 192).map(|i| bf16::from_f32((i as f32 * 0.61).sin() * 0.05)).collect();
    let view = TensorView::new(Dtype::BF16, shape, bytemuck::cast_slice(&weight))?;
    let path = env::temp_dir().join(format!("absmax-example-{}.safetensors", std::process::id()));
    safetensors::serialize_to_file([("up_proj.weight", view)], None, &path)?;
    Ok(path)
}

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let given = arguments.next().map(PathBuf::from);
    let path = given.clone().map_or_else(small_file, Ok)?;
    let bytes = fs::read(&path)?;
    if given.is_none() {
        fs::remove_file(&path)?;
    }
    let file = SafeTensors::deserialize(&bytes)?;
    let wanted = arguments.next();
    let is_weight = |name: &str, view: &TensorView<'_>| match &wanted {
        Some(wanted) => name == wanted,
        None => {
            let float = matches!(view.dtype(), Dtype::F32 | Dtype::F16 | Dtype::BF16);
            float && view.shape().len() == 2
        }
    };
    let mut tensors = file.iter().collect::<Vec<_>>();
    tensors.sort_by_key(|(name, _)| *name);
    let found = tensors.iter().find(|(name, view)| is_weight(name, view));
    let (name, view) = found.ok_or_else(|| format!("no such weight in {}", path.display()))?;
    let &[out, row_len] = view.shape() else {
        return Err(format!("{name} has the shape {:?}, not two dimensions", view.shape()).into());
    };

    let w = quantize_weight(view, [out, row_len])?;
    let x: Vec<f32> = (0..TOKENS * row_len).map(|i| (i as f32 * 0.43).cos()).collect();
    let x = quantize(&x, [TOKENS, row_len])?;

    let mut exact = Vec::with_capacity(TOKENS * out);
    let mut by_integers = Vec::with_capacity(TOKENS * out);
    for t in 0..TOKENS {
        for o in 0..out {
            let rows = x.values[t * row_len..].iter().zip(&w.values[o * row_len..][..row_len]);
            exact.push(rows.map(|(x, w)| x * w).sum::<f32>());
            by_integers.push(product(&x, &w, [t, o, row_len]));
        }
    }
    let stats: ErrorStats = Backend::best().error_stats(&exact, &by_integers)?;
    let power = exact.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / exact.len() as f64;
    let ratio = stats.mse() / power;
    println!("{name} [{out}, {row_len}] of {:?}: {} products", view.dtype(), exact.len());
    println!("mean squared error {:.3e}, {:.2e} of the power", stats.mse(), ratio);
    if ratio > 1e-3 {
        return Err("the int8 products are not those of the weights".into());
    }
    Ok(())
}
