//! Quantizes a directory: `cargo run --release --example quantize -- MODEL OUT`.

use absmax_checkpoint::{Control, Error, QuantizeOptions, quantize};

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args_os().skip(1);
    let [source, out] = [(); 2].map(|()| arguments.next().unwrap_or_default());
    let report = quantize(source, out, &QuantizeOptions::default(), &Control::new())?;
    println!("{:.2} times smaller", report.ratio);
    Ok(())
}
