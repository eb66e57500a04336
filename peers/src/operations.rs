//! The operations and who takes part in each.

use std::fmt;
use std::hint::black_box;
use std::mem::MaybeUninit;

use absmax::{Backend, Isa, QuantParams, reference};
use anyhow::ensure;
use clap::ValueEnum;
use pulp::x86::{V3, V4};

use crate::args::Args;
use crate::contender::{Contender, Exact, compare};
use crate::measure::{Timings, interleave};
use crate::{division, loops, peers};

/// The names by which the marks find their rows.
pub(crate) const ABSMAX: &str = "absmax";
pub(crate) const ABSMAX_AVX2: &str = "absmax, AVX2";
pub(crate) const RTEN: &str = "rten-vecmath";
pub(crate) const VDIVPS_512: &str = "vdivps, AVX-512";
pub(crate) const VDIVPS_256: &str = "vdivps, AVX2";
pub(crate) const PLAIN: &str = "plain loop";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    AbsMax,
    QuantizeWith,
    Quantize,
    QuantizeRows,
    Dequantize,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AbsMax => "abs-max (rten: min and max)",
            Self::QuantizeWith => "quantize with a given scale, all checks on",
            Self::Quantize => "abs-max, then quantize",
            Self::QuantizeRows => "abs-max, then quantize, each row of 4096",
            Self::Dequantize => "dequantize",
        })
    }
}

/// The length of a row: a token's activations.
const ROW: usize = 4096;

impl Operation {
    pub(crate) const ALL: [Self; 5] =
        [Self::AbsMax, Self::QuantizeWith, Self::Quantize, Self::QuantizeRows, Self::Dequantize];

    /// Checks and times everybody at one size.
    pub(crate) fn measure(self, elements: usize, args: &Args) -> anyhow::Result<Timings> {
        let mut random = fastrand::Rng::with_seed(7);
        let x: Vec<f32> = (0..elements).map(|_| (random.f32() - 0.5) * random.f32()).collect();
        let run = Run { x: &x, threads: args.threads, seconds: args.seconds };
        match self {
            Self::AbsMax => run.abs_max(),
            Self::QuantizeWith => run.quantize_with(),
            Self::Quantize => run.quantize(elements),
            Self::QuantizeRows => run.quantize(ROW),
            Self::Dequantize => run.dequantize(),
        }
    }
}

struct Run<'a> {
    x: &'a [f32],
    threads: usize,
    seconds: f64,
}

impl Run<'_> {
    /// absmax on the best backend, and on AVX2 if that is another.
    fn backends(&self) -> Vec<(&'static str, Backend)> {
        let best = Backend::best().threads(self.threads);
        let avx2 = Backend::new(Isa::Avx2).filter(|_| best.isa() != Isa::Avx2);
        [Some((ABSMAX, best)), avx2.map(|avx2| (ABSMAX_AVX2, avx2.threads(self.threads)))]
            .into_iter()
            .flatten()
            .collect()
    }

    fn abs_max(&self) -> anyhow::Result<Timings> {
        let x = self.x;
        let right = reference::abs_max(x);
        let mut all = Vec::new();
        for (name, backend) in self.backends() {
            ensure!(backend.abs_max(x).to_bits() == right.to_bits(), "{name} is wrong");
            all.push(Contender::new(name, Exact::Yes, move || {
                black_box(backend.abs_max(black_box(x)));
            }));
        }
        let (min, max) = peers::rten_min_max(x);
        ensure!(reference::abs_max(&[min, max]) == right, "rten is wrong");
        all.push(Contender::new(RTEN, Exact::Yes, || {
            black_box(peers::rten_min_max(black_box(x)));
        }));
        ensure!(loops::abs_max(x) == right, "the plain loop is wrong");
        all.push(Contender::new(PLAIN, Exact::Yes, || {
            black_box(loops::abs_max(black_box(x)));
        }));
        all.push(Contender::new("pure read", Exact::Other, || {
            black_box(loops::read(black_box(x)));
        }));
        Ok(interleave(x.len(), all, self.seconds))
    }

    fn quantize_with(&self) -> anyhow::Result<Timings> {
        let x = self.x;
        let scale = reference::abs_max(x) / 127.0;
        let params = QuantParams::symmetric(scale)?;
        let right: Vec<i8> = x.iter().map(|&x| reference::quantize_one(x, params)).collect();
        let fresh = || vec![0i8; x.len()];
        let mut all = Vec::new();
        for (name, backend) in self.backends() {
            let mut q = fresh();
            backend.quantize_with(x, params, &mut q)?;
            ensure!(q == right, "{name} is wrong");
            all.push(Contender::new(name, Exact::Yes, move || {
                let _ = black_box(backend.quantize_with(black_box(x), params, &mut q));
            }));
        }
        let mut q = vec![MaybeUninit::uninit(); x.len()];
        let found = peers::rten_quantize(x, scale, &mut q).iter();
        let exact = compare(RTEN, found.map(|&q| i32::from(q) - i32::from(peers::ZERO)), &right)?;
        all.push(Contender::new(RTEN, exact, move || {
            black_box(peers::rten_quantize(black_box(x), scale, &mut q));
        }));
        let mut add = |name, mut run: Box<dyn FnMut(&mut [i8])>| -> anyhow::Result<()> {
            let mut q = fresh();
            run(&mut q);
            let exact = compare(name, q.iter().map(|&q| q.into()), &right)?;
            all.push(Contender::new(name, exact, move || run(black_box(&mut q))));
            Ok(())
        };
        if let Some(v4) = V4::try_new() {
            add(VDIVPS_512, Box::new(move |q| division::avx512(v4, black_box(x), scale, q)))?;
        }
        if let Some(v3) = V3::try_new() {
            add(VDIVPS_256, Box::new(move |q| division::avx2(v3, black_box(x), scale, q)))?;
        }
        add("plain loop, division", Box::new(|q| loops::divide(black_box(x), scale, q)))?;
        add("plain loop, reciprocal", Box::new(|q| loops::multiply(black_box(x), scale, q)))?;
        let mut q = fresh();
        all.push(Contender::new("read 4, write 1", Exact::Other, move || {
            loops::read_4_write_1(black_box(x), black_box(&mut q));
        }));
        Ok(interleave(x.len(), all, self.seconds))
    }

    /// The whole job on every row.
    fn quantize(&self, row: usize) -> anyhow::Result<Timings> {
        let x = self.x;
        let scale_of = |x: &[f32]| reference::abs_max(x) / 127.0;
        let mut right = Vec::with_capacity(x.len());
        for x in x.chunks(row) {
            let params = QuantParams::symmetric(scale_of(x))?;
            right.extend(x.iter().map(|&x| reference::quantize_one(x, params)));
        }
        let mut all = Vec::new();
        for (name, backend) in self.backends() {
            let (mut q, mut scales) = (vec![0; x.len()], vec![0.0; x.len() / row]);
            let mut run = move |q: &mut [i8]| {
                if row == x.len() {
                    backend.quantize_into(black_box(x), q).map(|_| ())
                } else {
                    backend.quantize_rows_into(black_box(x), row, q, &mut scales)
                }
            };
            run(&mut q)?;
            ensure!(q == right, "{name} is wrong");
            all.push(Contender::new(name, Exact::Yes, move || {
                let _ = black_box(run(&mut q));
            }));
        }
        let mut q = vec![MaybeUninit::uninit(); x.len()];
        let rten = move |q: &mut [MaybeUninit<u8>]| {
            for (x, q) in black_box(x).chunks(row).zip(q.chunks_mut(row)) {
                let (min, max) = peers::rten_min_max(x);
                let abs_max = if -min < max { max } else { -min };
                black_box(peers::rten_quantize(x, abs_max / 127.0, q));
            }
        };
        let mut found = Vec::with_capacity(x.len());
        for (x, q) in x.chunks(row).zip(q.chunks_mut(row)) {
            let q = peers::rten_quantize(x, scale_of(x), q).iter();
            found.extend(q.map(|&q| i32::from(q) - i32::from(peers::ZERO)));
        }
        let exact = compare(RTEN, found.into_iter(), &right)?;
        all.push(Contender::new(RTEN, exact, move || rten(&mut q)));

        let mut q = vec![0; x.len()];
        let mut plain = move || {
            for (x, q) in black_box(x).chunks(row).zip(q.chunks_mut(row)) {
                loops::divide(x, loops::abs_max(x) / 127.0, black_box(q));
            }
        };
        plain();
        all.push(Contender::new(PLAIN, Exact::Yes, plain));
        let mut blocks = peers::candle_blocks(x.len());
        all.push(Contender::new("candle-core Q8_0", Exact::Other, move || {
            peers::candle_quantize(black_box(x), black_box(&mut blocks));
        }));
        Ok(interleave(x.len(), all, self.seconds))
    }

    fn dequantize(&self) -> anyhow::Result<Timings> {
        let (q, scale) = absmax::quantize(self.x)?;
        let (q, params) = (&q[..], QuantParams::symmetric(scale)?);
        let right: Vec<f32> = q.iter().map(|&q| reference::dequantize_one(q, params)).collect();
        let mut all = Vec::new();
        for (name, backend) in self.backends() {
            let mut x = vec![0.0; q.len()];
            backend.dequantize_into(q, params, &mut x)?;
            ensure!(x == right, "{name} is wrong");
            all.push(Contender::new(name, Exact::Yes, move || {
                let _ = black_box(backend.dequantize_into(black_box(q), params, &mut x));
            }));
        }
        let mut x = vec![0.0; q.len()];
        loops::dequantize(q, scale, &mut x);
        ensure!(x == right, "the plain loop is wrong");
        all.push(Contender::new(PLAIN, Exact::Yes, move || {
            loops::dequantize(black_box(q), scale, black_box(&mut x));
        }));
        let mut blocks = peers::candle_blocks(self.x.len());
        peers::candle_quantize(self.x, &mut blocks);
        let mut x = vec![0.0; q.len()];
        all.push(Contender::new("candle-core Q8_0", Exact::Other, move || {
            peers::candle_dequantize(black_box(&blocks), black_box(&mut x));
        }));
        let mut x = vec![0.0; q.len()];
        all.push(Contender::new("memcpy of the result", Exact::Other, move || {
            black_box(&mut x).copy_from_slice(black_box(&right));
        }));
        Ok(interleave(q.len(), all, self.seconds))
    }
}
