//! Makes the checkpoint of a small transformer, the same every time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use bytemuck::cast_slice;
use fastrand::Rng;
use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::json;

use super::names::{CONFIG, INDEX};
use crate::interrupt;

const HIDDEN: usize = 256;
const INTERMEDIATE: usize = 704;
const LAYERS: usize = 4;
const HEADS: usize = 4;
const KEY_VALUE_HEADS: usize = 2;
const VOCABULARY: usize = 2048;

/// The degrees of freedom of Student's t, which are few enough for tails like those of trained
/// weights.
const FREEDOM: usize = 5;

/// One output channel in so many holds outliers.
const OUTLIER_EVERY: usize = 64;

type Tensors = Vec<(String, Vec<usize>)>;

/// Writes the model and returns the number of its parameters.
pub(super) fn write(directory: &Path) -> Result<u64> {
    fs::create_dir(directory)?;
    let mut rng = Rng::with_seed(127);
    let (mut weight_map, mut parameters) = (BTreeMap::new(), 0);
    for (i, tensors) in shards().into_iter().enumerate() {
        interrupt::check()?;
        let file = format!("model-{:05}-of-00002.safetensors", i + 1);
        let values: Vec<_> =
            tensors.iter().map(|(name, shape)| values(name, shape, &mut rng)).collect();
        let mut views = Vec::new();
        for ((name, shape), values) in tensors.iter().zip(&values) {
            weight_map.insert(name.clone(), file.clone());
            parameters += values.len() as u64;
            views.push((name, TensorView::new(Dtype::BF16, shape.clone(), cast_slice(values))?));
        }
        let metadata = [("format".to_owned(), "pt".to_owned())];
        serialize_to_file(views, Some(metadata.into()), &directory.join(file))?;
    }
    let index = json!({
        "metadata": { "total_size": parameters * size_of::<bf16>() as u64 },
        "weight_map": weight_map,
    });
    fs::write(directory.join(INDEX), serde_json::to_string_pretty(&index)?)?;
    fs::write(directory.join(CONFIG), serde_json::to_string_pretty(&config())?)?;
    Ok(parameters)
}

fn config() -> serde_json::Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "vocab_size": VOCABULARY,
        "tie_word_embeddings": false,
        "torch_dtype": "bfloat16",
    })
}

/// Names and shapes: the embedding and half of the layers, then the rest.
fn shards() -> [Tensors; 2] {
    let key_value = HIDDEN / HEADS * KEY_VALUE_HEADS;
    let layers = |from: usize, to: usize| {
        (from..to).flat_map(move |i| {
            let tensors = [
                ("input_layernorm", vec![HIDDEN]),
                ("self_attn.q_proj", vec![HIDDEN, HIDDEN]),
                ("self_attn.k_proj", vec![key_value, HIDDEN]),
                ("self_attn.v_proj", vec![key_value, HIDDEN]),
                ("self_attn.o_proj", vec![HIDDEN, HIDDEN]),
                ("post_attention_layernorm", vec![HIDDEN]),
                ("mlp.gate_proj", vec![INTERMEDIATE, HIDDEN]),
                ("mlp.up_proj", vec![INTERMEDIATE, HIDDEN]),
                ("mlp.down_proj", vec![HIDDEN, INTERMEDIATE]),
            ];
            tensors.map(|(name, shape)| (format!("model.layers.{i}.{name}.weight"), shape))
        })
    };
    let mut first = vec![("model.embed_tokens.weight".to_owned(), vec![VOCABULARY, HIDDEN])];
    first.extend(layers(0, LAYERS / 2));
    let mut second: Tensors = layers(LAYERS / 2, LAYERS).collect();
    second.push(("model.norm.weight".to_owned(), vec![HIDDEN]));
    second.push(("lm_head.weight".to_owned(), vec![VOCABULARY, HIDDEN]));
    [first, second]
}

/// The values of a tensor. A norm has ones. Other tensors have Student's t with the variance that
/// keeps activations as they are, and rows of outliers.
fn values(name: &str, shape: &[usize], rng: &mut Rng) -> Vec<bf16> {
    let &[rows, columns] = shape else { return vec![bf16::ONE; shape.iter().product()] };
    let width = (columns as f32).sqrt().recip();
    let first_outlier = rng.usize(..OUTLIER_EVERY);
    let is_linear = name.contains("proj");
    let row = |i: usize| {
        if is_linear && i % OUTLIER_EVERY == first_outlier { 16.0 * width } else { width }
    };
    let scales = (0..rows).flat_map(|i| std::iter::repeat_n(row(i), columns));
    scales.map(|scale| bf16::from_f32(scale * student(rng))).collect()
}

/// Student's t: normal / sqrt(chi^2 / n).
fn student(rng: &mut Rng) -> f32 {
    let chi2: f32 = (0..FREEDOM).map(|_| normal(rng).powi(2)).sum();
    normal(rng) / (chi2 / FREEDOM as f32).sqrt()
}

/// Box and Muller: sqrt(-2 ln u) cos(2 pi v), for u in (0, 1].
fn normal(rng: &mut Rng) -> f32 {
    let (u, v) = (1.0 - rng.f32(), rng.f32());
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}
