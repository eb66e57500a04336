//! Measures int4, packed slab by slab, beside int8.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Packing, Scheme};

use super::names::{ABSMAX, INT8};
use super::run::Run;
use super::tensor::{self, Out, ROW};
use crate::contender::{Contender, exactly};
use crate::measure::Timings;

/// The number of elements of a slab. Its integers are packed while they are still in the cache.
const SLAB: usize = 32 * ROW;

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let out: &Out = &RefCell::new((run.buffer(0i8), vec![0.0; elements / ROW]));
    let packed = &RefCell::new(run.buffer(0u8));
    let (int8, int4) = (Scheme::int8().per_channel(0), Scheme::int4().per_channel(0));
    let packing = Packing::words(4)?;
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| -> absmax::Result<()> {
            let (q, scales) = &mut *out.borrow_mut();
            let packed = &mut packed.borrow_mut()[..elements / 2];
            let slabs = black_box(&inputs[i]).chunks(SLAB).zip(packed.chunks_mut(SLAB / 2));
            for ((x, packed), scales) in slabs.zip(scales.chunks_mut(SLAB / ROW)) {
                let q = &mut q[..x.len()];
                tensor::quantize(backend, int4, x, q, scales)?;
                backend.pack_into(q, ROW, packing, packed)?;
            }
            Ok(())
        };
        call(0)?;
        let mut unpacked = vec![0i8; elements];
        backend.unpack_into(&packed.borrow()[..elements / 2], ROW, packing, &mut unpacked)?;
        let right = tensor::right(int4, &inputs[0], &out.borrow().1)?;
        let exact = exactly(&name, &unpacked, &right)?;
        let is_best = name == ABSMAX;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
        if is_best {
            all.push(tensor::contender(run, INT8.to_owned(), backend, int8, out)?);
        }
    }
    Ok(run.interleave(inputs.len(), all))
}
