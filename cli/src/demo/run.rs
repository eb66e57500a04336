//! Runs the demo and prints what the user sees.

use anyhow::{Context as _, Result};

use super::{check, model};
use crate::console::Console;
use crate::interrupt;
use crate::quantize;
use crate::text::grouped;

pub(crate) fn run() -> Result<()> {
    interrupt::watch()?;
    let console = Console::new();
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let (source, out) = (directory.path().join("model"), directory.path().join("model-int8"));

    let parameters = model::write(&source).context("cannot write the model")?;
    console.print(&format!(
        "A model like Llama, of {} parameters in bf16, in two files. Its weights are random, with heavy\n\
         tails and a few channels of outliers, as those of real models are:\n\n\
         $ absmax quantize {} -o {}\n",
        grouped(parameters),
        source.display(),
        out.display(),
    ))?;
    let args = quantize::Args {
        source: source.clone(),
        output: Some(out.clone()),
        ..quantize::Args::default()
    };
    quantize::run(&args)?;

    let checked = check::run(&source, &out).context("what was written is wrong")?;
    console.print(&format!(
        "\nRead back and compared with the scalar reference, one by one: {} integers and {} scales,\n\
         0 differences. The other {} tensors are unchanged, byte for byte.\n\n\
         A loader computes weight = integer * scale. The dB above are the weights' energy over that\n\
         of the error; {:.1} dB in all. The temporary files are gone. On a model of your own:\n\n\
         cargo run --release -- quantize PATH/TO/MODEL -o PATH/TO/OUT",
        grouped(checked.values),
        grouped(checked.scales),
        checked.unchanged,
        checked.stats.sqnr_db(),
    ))
}
