//! Checks what was written: the safetensors library reads it, and the scalar reference is compared
//! with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use absmax::{Backend, ErrorStats, QuantParams, ScaleType, Scheme, reference};
use anyhow::{Context as _, Result, ensure};
use half::bf16;
use safetensors::SafeTensors;
use serde::Deserialize;

use super::names::INDEX;

/// What was compared and found equal.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) values: u64,
    pub(super) scales: u64,
    /// Tensors that were not quantized.
    pub(super) unchanged: u64,
    /// The error between the model's weights and what they are loaded as.
    pub(super) stats: ErrorStats,
}

/// Which file holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// A tensor's shape and bytes.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

pub(super) fn run(source: &Path, out: &Path) -> Result<Checked> {
    let (before, after) = (read(source)?, read(out)?);
    let mut checked = Checked::default();
    for (name, (shape, bytes)) in &before {
        let (found_shape, found) = after.get(name).with_context(|| format!("{name} is missing"))?;
        ensure!(found_shape == shape, "{name} has shape {found_shape:?}, not {shape:?}");
        match after.get(&format!("{name}_scale")) {
            Some((_, scales)) => {
                let weights = bf16s(bytes);
                checked.compare(&weights, shape[1], found, &bf16s(scales)).context(name.clone())?;
            }
            None => {
                ensure!(bytes == found, "{name} was changed");
                checked.unchanged += 1;
            }
        }
    }
    Ok(checked)
}

impl Checked {
    /// Compares one weight, row by row and value by value.
    fn compare(&mut self, x: &[bf16], width: usize, q: &[u8], scales: &[bf16]) -> Result<()> {
        ensure!(q.len() == x.len(), "{} integers for {} values", q.len(), x.len());
        ensure!(scales.len() * width == x.len(), "{} scales for rows of {width}", scales.len());
        let mut dequantized = Vec::with_capacity(x.len());
        for (i, (row, scale)) in x.chunks(width).zip(scales).enumerate() {
            let abs_max = reference::abs_max(row);
            let scheme = Scheme::int8().with_scale_type(ScaleType::Bf16);
            let (expected, _) = reference::choose(-abs_max, abs_max, scheme);
            let scale = scale.to_f32();
            ensure!(scale == expected, "scale {i} is {scale}, not {expected}");
            let params = QuantParams::symmetric(expected)?;
            for (j, (&x, &q)) in row.iter().zip(&q[i * width..]).enumerate() {
                let (q, expected) = (q.cast_signed(), reference::quantize_one(x, params) as i8);
                ensure!(q == expected, "[{i}, {j}] is {q}, not {expected}");
                dequantized.push(reference::dequantize_one(q, params));
            }
        }
        self.values += x.len() as u64;
        self.scales += scales.len() as u64;
        self.stats = self.stats.merge(Backend::best().error_stats(x, &dequantized)?);
        Ok(())
    }
}

fn read(directory: &Path) -> Result<Tensors> {
    let index: Index = serde_json::from_slice(&fs::read(directory.join(INDEX))?)?;
    let mut tensors = Tensors::new();
    for file in index.weight_map.values().collect::<std::collections::BTreeSet<_>>() {
        let bytes = fs::read(directory.join(file))?;
        for (name, tensor) in SafeTensors::deserialize(&bytes)?.tensors() {
            tensors.insert(name, (tensor.shape().to_vec(), tensor.data().to_vec()));
        }
    }
    ensure!(tensors.keys().eq(index.weight_map.keys()), "the index does not name all tensors");
    Ok(tensors)
}

fn bf16s(bytes: &[u8]) -> Vec<bf16> {
    bytes.chunks_exact(2).map(|pair| bf16::from_le_bytes([pair[0], pair[1]])).collect()
}
