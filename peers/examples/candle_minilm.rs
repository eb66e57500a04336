//! all-MiniLM-L6-v2 in candle, with the weights of its Linears quantized by absmax.
//!
//!     cargo run --release -p absmax-peers --example candle_minilm -- M.safetensors [M.gguf]
//!
//! The hidden states of three sentences are compared with those of the model in f32:
//!
//! - int8 weights with a scale for each tensor or channel, and int4 with a scale for 32 values.
//!   They are dequantized, because candle's only products of integers are those of blocks;
//! - blocks q8_0, whose products candle computes from integers. absmax's bytes have to be those of
//!   candle's own quantizer, and the hidden states the same to the bit.
//!
//! M.gguf is the file that the example `gguf_q8_0` writes of the same model. candle reads it, and
//! the hidden states are those of the blocks again. `scripts/check-candle` runs this.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;

use absmax::{Arithmetic, Backend, Rows, RowsMut, Scheme, TensorView};
use anyhow::{Context as _, ensure};
use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{D, Device, IndexOp as _, Module as _, Tensor};

const LAYERS: usize = 6;
const HEADS: usize = 12;
const WIDTH: usize = 384;

/// "A man is eating a piece of bread.", "Someone eats some food.", "The central bank raised its
/// interest rates again.": two are alike.
const SENTENCES: [&[u32]; 3] = [
    &[101, 1037, 2158, 2003, 5983, 1037, 3538, 1997, 7852, 1012, 102],
    &[101, 2619, 20323, 2070, 2833, 1012, 102],
    &[101, 1996, 2430, 2924, 2992, 2049, 3037, 6165, 2153, 1012, 102],
];

/// What multiplies by a weight [out, in].
enum Product {
    Floats(Tensor),
    Blocks(QMatMul),
}

impl Product {
    fn of(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Floats(weight) => x.matmul(&weight.t()?),
            Self::Blocks(weight) => weight.forward(x),
        }
    }
}

/// The model. What is no weight of a Linear is as it was.
struct Model<'a> {
    tensors: &'a HashMap<String, Tensor>,
    products: HashMap<String, Product>,
}

impl Model<'_> {
    fn tensor(&self, name: &str) -> anyhow::Result<&Tensor> {
        self.tensors.get(name).with_context(|| format!("no tensor {name}"))
    }

    /// x W^T + b.
    fn linear(&self, name: &str, x: &Tensor) -> anyhow::Result<Tensor> {
        let product = self.products.get(name).with_context(|| format!("no product {name}"))?;
        Ok(product.of(x)?.broadcast_add(self.tensor(&format!("{name}.bias"))?)?)
    }

    fn norm(&self, name: &str, x: &Tensor) -> anyhow::Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let scaled = centred
            .broadcast_div(&(variance + 1e-12)?.sqrt()?)?
            .broadcast_mul(self.tensor(&format!("{name}.weight"))?)?;
        Ok(scaled.broadcast_add(self.tensor(&format!("{name}.bias"))?)?)
    }

    fn attention(&self, name: &str, x: &Tensor) -> anyhow::Result<Tensor> {
        let tokens = x.dim(0)?;
        let heads = |part: &str| {
            let x = self.linear(&format!("{name}.self.{part}"), x)?;
            let heads = x.reshape((tokens, HEADS, WIDTH / HEADS))?;
            anyhow::Ok(heads.transpose(0, 1)?.contiguous()?)
        };
        let scores = heads("query")?.matmul(&heads("key")?.t()?.contiguous()?)?;
        let scores = (scores / ((WIDTH / HEADS) as f64).sqrt())?;
        let powers = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)?;
        let mixed = weights.matmul(&heads("value")?)?;
        let rows = mixed.transpose(0, 1)?.contiguous()?.reshape((tokens, WIDTH))?;
        self.linear(&format!("{name}.output.dense"), &rows)
    }

    /// The hidden states [tokens, width] of a sentence.
    fn hidden(&self, sentence: &[u32]) -> anyhow::Result<Tensor> {
        let part = |name| self.tensor(&format!("embeddings.{name}_embeddings.weight"));
        let words = part("word")?.index_select(&Tensor::new(sentence, &Device::Cpu)?, 0)?;
        let places = part("position")?.i(..sentence.len())?;
        let x = (words + places)?.broadcast_add(&part("token_type")?.i(0)?)?;
        let mut x = self.norm("embeddings.LayerNorm", &x)?;
        for layer in (0..LAYERS).map(|layer| format!("encoder.layer.{layer}")) {
            let mixed = (self.attention(&format!("{layer}.attention"), &x)? + x)?;
            let y = self.norm(&format!("{layer}.attention.output.LayerNorm"), &mixed)?;
            let wide = self.linear(&format!("{layer}.intermediate.dense"), &y)?.gelu_erf()?;
            let narrow = (self.linear(&format!("{layer}.output.dense"), &wide)? + y)?;
            x = self.norm(&format!("{layer}.output.LayerNorm"), &narrow)?;
        }
        Ok(x)
    }
}

/// The names of the Linears of the layers.
fn linears() -> impl Iterator<Item = String> {
    let parts = [
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "intermediate.dense",
        "output.dense",
    ];
    (0..LAYERS).flat_map(move |layer| parts.map(|part| format!("encoder.layer.{layer}.{part}")))
}

/// The weight's values, quantized and dequantized.
fn rounded(weight: &Tensor, scheme: Scheme) -> anyhow::Result<Product> {
    let values = weight.flatten_all()?.to_vec1::<f32>()?;
    let view = TensorView::new(&values, weight.dims())?;
    let quantized = Backend::best().quantize_tensor(scheme, view)?;
    Ok(Product::Floats(Tensor::from_vec(quantized.dequantize()?, weight.dims(), &Device::Cpu)?))
}

/// absmax's blocks q8_0 of a weight.
fn blocks(weight: &Tensor) -> anyhow::Result<Vec<u8>> {
    let (rows, row_len) = weight.dims2()?;
    let values = weight.flatten_all()?.to_vec1::<f32>()?;
    let mut blocks = vec![[0; 34]; values.len() / 32];
    Backend::best().by(Arithmetic::candle()).quantize_q8_0(
        Rows::new(&values, rows, row_len)?,
        RowsMut::new(&mut blocks, rows, row_len / 32)?,
    )?;
    Ok(blocks.into_flattened())
}

/// A weight of blocks, for candle's product of integers.
fn block_product(weight: QTensor) -> anyhow::Result<Product> {
    Ok(Product::Blocks(QMatMul::from_qtensor(weight)?))
}

/// The hidden states of all sentences, one after the other.
fn run(
    tensors: &HashMap<String, Tensor>,
    product: impl Fn(&str, &Tensor) -> anyhow::Result<Product>,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let products = linears()
        .map(|name| {
            let weight = format!("{name}.weight");
            let tensor = tensors.get(&weight).with_context(|| format!("no tensor {weight}"))?;
            Ok((name, product(&weight, tensor)?))
        })
        .collect::<anyhow::Result<_>>()?;
    let model = Model { tensors, products };
    let hidden = |sentence| Ok(model.hidden(sentence)?.flatten_all()?.to_vec1()?);
    SENTENCES.into_iter().map(hidden).collect()
}

/// The signal-to-noise ratio of `found`, in dB.
fn sqnr(exact: &[Vec<f32>], found: &[Vec<f32>]) -> f64 {
    let square = |x: f32| f64::from(x).powi(2);
    let pairs = || exact.iter().flatten().zip(found.iter().flatten());
    let noise = pairs().map(|(x, y)| square(x - y)).sum::<f64>();
    10.0 * (pairs().map(|(x, _)| square(*x)).sum::<f64>() / noise).log10()
}

/// The mean hidden state of a sentence.
fn embedding(hidden: &[f32]) -> Vec<f32> {
    (0..WIDTH).map(|i| hidden.iter().skip(i).step_by(WIDTH).sum()).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

/// Compares the hidden states with those of f32: the ratio has to be at least so many dB.
fn compare(what: &str, exact: &[Vec<f32>], found: &[Vec<f32>], least: f64) -> anyhow::Result<()> {
    let ratio = sqnr(exact, found);
    let cosines: Vec<_> =
        exact.iter().zip(found).map(|(x, y)| cosine(&embedding(x), &embedding(y))).collect();
    println!("{what:<34} SQNR {ratio:5.1} dB, cosines of embeddings {cosines:.5?}");
    ensure!(ratio >= least, "{what}: {ratio} dB, less than {least}");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let (path, gguf) = match &arguments[..] {
        [path] => (path, None),
        [path, gguf] => (path, Some(gguf)),
        _ => anyhow::bail!("arguments: M.safetensors [M.gguf]"),
    };
    let tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
    let exact = run(&tensors, |_, weight| Ok(Product::Floats(weight.clone())))?;
    let [first, second, third] = [0, 1, 2].map(|i| embedding(&exact[i]));
    let (alike, others) = (cosine(&first, &second), cosine(&first, &third));
    ensure!(alike > others + 0.3, "sentences alike: {alike}, others: {others}");

    for (what, scheme, least) in [
        ("int8, a scale for each tensor", Scheme::int8(), 10.0),
        ("int8, a scale for each channel", Scheme::int8().per_channel(0), 25.0),
        ("int4, a scale for 32 values", Scheme::int4().per_group(32)?, 10.0),
    ] {
        let found = run(&tensors, |_, weight| rounded(weight, scheme))?;
        compare(what, &exact, &found, least)?;
    }

    let found = run(&tensors, |_, weight| {
        let bytes = blocks(weight)?;
        let own = QTensor::quantize(weight, GgmlDType::Q8_0)?;
        ensure!(bytes == *own.data()?, "absmax's blocks are not candle's");
        let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, GgmlDType::Q8_0)?;
        block_product(QTensor::new(storage, weight.dims())?)
    })?;
    compare("q8_0, products of integers", &exact, &found, 25.0)?;
    let own =
        run(&tensors, |_, weight| block_product(QTensor::quantize(weight, GgmlDType::Q8_0)?))?;
    ensure!(found == own, "hidden states from absmax's blocks are not those from candle's");
    println!("hidden states from absmax's blocks q8_0 are those from candle's own, to the bit");

    if let Some(gguf) = gguf {
        let read = |name: &str| {
            let mut file = File::open(gguf)?;
            anyhow::Ok(Content::read(&mut file)?.tensor(&mut file, name, &Device::Cpu)?)
        };
        let from_file = run(&tensors, |name, _| block_product(read(name)?))?;
        ensure!(from_file == own, "{gguf}: hidden states are not those of candle's own blocks");
        println!("{gguf}: the same hidden states, to the bit");
    }

    // A control: one integer of one block.
    let spoiled = run(&tensors, |name, weight| {
        let mut bytes = blocks(weight)?;
        bytes[2] ^= u8::from(name == "encoder.layer.0.output.dense.weight");
        let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, GgmlDType::Q8_0)?;
        block_product(QTensor::new(storage, weight.dims())?)
    })?;
    ensure!(spoiled != own, "another integer gives the same hidden states");
    Ok(())
}
