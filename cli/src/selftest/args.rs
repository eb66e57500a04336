//! The options of `absmax selftest`.

use absmax::Isa;
use absmax_proof::Effort;

/// Proves on this CPU that every kernel returns the bits of the scalar reference
///
/// Every operation of every available backend is compared with the reference: hard values at hard
/// scales, every length and offset around the block sizes, random bit patterns, all f16 and bf16,
/// tensors by every scheme, NaN and infinities, packed integers, statistics of errors, numbers of
/// threads, and the enumeration behind the exact division. Beside them runs a deliberately wrong
/// implementation, which must be caught, so that the comparison is known to be able to fail.
///
/// Takes some ten seconds of two cores. Exit status: 0 if every bit agrees, 1 if not.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Also quantize all 2^32 bit patterns of f32 by each of 27 hard scales, in both ranges, and by
    /// three affine parameters, there and back: about 12 minutes of one core, shared out to all
    #[arg(long)]
    exhaustive: bool,

    /// Take strides through all that is tried, and leave out the huge tensors: for emulators
    #[arg(long, conflicts_with = "exhaustive")]
    quick: bool,

    /// Test one backend only: portable, avx2, avx512 or neon
    #[arg(long, value_name = "NAME")]
    pub(super) isa: Option<Isa>,

    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// How much is to be tried.
    pub(super) fn effort(&self) -> Effort {
        match self {
            Self { exhaustive: true, .. } => Effort::Exhaustive,
            Self { quick: true, .. } => Effort::Quick,
            _ => Effort::Normal,
        }
    }
}
