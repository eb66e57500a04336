//! Measures bf16 beside f32. The number of values is the same, but the number of bytes is half.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::QuantParams;
use half::bf16;

use super::answers::quantized;
use super::names::{ABSMAX, WIDE};
use super::run::Run;
use crate::contender::{Contender, exactly};
use crate::measure::Timings;

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let wide = &run.inputs;
    let narrow: Vec<bf16> = wide[0].iter().map(|&x| bf16::from_f32(x)).collect();
    let narrow = &vec![narrow; wide.len()];
    let out = &RefCell::new(run.buffer(0i8));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call =
            move |i: usize| backend.quantize_into(black_box(&narrow[i]), &mut out.borrow_mut());
        let params = QuantParams::symmetric(call(0)?)?;
        let exact = exactly(&name, &out.borrow(), &quantized(&narrow[0], params))?;
        let is_best = name == ABSMAX;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
        if is_best {
            let call =
                move |i: usize| backend.quantize_into(black_box(&wide[i]), &mut out.borrow_mut());
            let params = QuantParams::symmetric(call(0)?)?;
            let exact = exactly(WIDE, &out.borrow(), &quantized(&wide[0], params))?;
            all.push(Contender::new(WIDE, exact, move |i| {
                let _ = black_box(call(i));
            }));
        }
    }
    Ok(run.interleave(wide.len(), all))
}
