//! The conditions that all contenders run under.

use absmax::Isa;

#[derive(Debug, clap::Args)]
pub(crate) struct Conditions {
    /// absmax on this instruction set too, beside the best one; may be repeated
    #[arg(long = "isa", value_name = "NAME", default_value = "avx2")]
    pub(crate) isas: Vec<Isa>,

    /// Threads of absmax, 0 for all; the peers run on one
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,

    /// Seconds for each contender at each size
    #[arg(long, value_name = "S", default_value_t = 0.3)]
    pub(crate) seconds: f64,

    /// Bytes past a cache line at which buffers begin; 16 is where large Vecs begin with glibc
    #[arg(long, value_name = "BYTES", default_value_t = 16, value_parser = offset)]
    pub(crate) offset: usize,
}

/// An offset within a cache line at which an f32 may begin.
fn offset(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n < 64 && n % 4 == 0 => Ok(n),
        _ => Err("has to be a multiple of 4 below 64".to_owned()),
    }
}
