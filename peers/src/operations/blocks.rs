//! Measures the blocks q8_0 of ggml: this crate's own arithmetic and those of ggml, beside a loop
//! written by hand and candle.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Arithmetic, Rows, RowsMut, reference};

use super::names::{ABSMAX, AVX2_Q8_0, AVX2_Q8_0_ROUNDED, Q8_0};
use super::run::Run;
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;
use crate::peers;

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, count) = (&run.inputs, run.elements() / 32);
    let expected = |by: Arithmetic| -> anyhow::Result<Vec<[u8; 34]>> {
        let blocks = inputs[0].as_chunks::<32>().0.iter();
        Ok(blocks.map(|x| reference::q8_0(x, by)).collect::<Result<_, _>>()?)
    };
    let out = &RefCell::new(vec![[0u8; 34]; count]);
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        for (suffix, by) in [
            ("", Arithmetic::exact()),
            (", as ggml-x86", Arithmetic::ggml_x86()),
            (", as ggml", Arithmetic::ggml()),
        ] {
            if name != ABSMAX && !suffix.is_empty() {
                continue;
            }
            let call = move |i: usize| -> absmax::Result<()> {
                let x = Rows::new(black_box(&inputs[i][..]), 1, count * 32)?;
                let mut blocks = out.borrow_mut();
                backend.by(by).quantize_q8_0(x, RowsMut::new(&mut blocks, 1, count)?)
            };
            call(0)?;
            let exact = exactly(&name, &out.borrow(), &expected(by)?)?;
            all.push(Contender::new(format!("{name}{suffix}"), exact, move |i| {
                let _ = black_box(call(i));
            }));
        }
    }
    #[cfg(target_arch = "x86_64")]
    if crate::ggml::is_available() {
        let right = expected(Arithmetic::ggml_x86())?;
        let make = [crate::ggml::avx2_q8_0::<false>, crate::ggml::avx2_q8_0::<true>];
        for (name, make) in [AVX2_Q8_0, AVX2_Q8_0_ROUNDED].into_iter().zip(make) {
            let by_hand =
                move |i: usize| make(black_box(&inputs[i]), black_box(&mut out.borrow_mut()));
            by_hand(0);
            all.push(Contender::new(name, exactly(name, &out.borrow(), &right)?, by_hand));
        }
    }
    let mut blocks = peers::candle_blocks(&inputs[0])?;
    all.push(Contender::new(Q8_0, Exact::Other, move |i| {
        peers::candle_quantize(black_box(&inputs[i]), black_box(&mut blocks));
    }));
    Ok(run.interleave(inputs.len(), all))
}
