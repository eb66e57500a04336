//! What a weight becomes and how it is stored: `w8a8`, `w4a16,group=64`, ..

use std::fmt;
use std::mem::replace;
use std::str::FromStr;

use absmax::{Range, ScaleType, Scheme};
use anyhow::{Result, anyhow, bail, ensure};
use serde::{Serialize, Serializer};

/// The schemes by the names that engines know them by: bits of weights and of activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemeName {
    /// int8 weights, and int8 activations scaled token by token at run time
    #[default]
    W8a8,
    /// int8 weights in 32-bit words; activations stay as they are
    W8a16,
    /// int4 weights, eight in a 32-bit word; activations stay as they are
    W4a16,
}

impl SchemeName {
    const ALL: [(Self, &str); 3] =
        [(Self::W8a8, "w8a8"), (Self::W8a16, "w8a16"), (Self::W4a16, "w4a16")];

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }

    /// Bits in which a weight is stored.
    pub fn stored_bits(self) -> u8 {
        if self == Self::W4a16 { 4 } else { 8 }
    }

    /// Whether activations are quantized, too.
    pub fn has_activations(self) -> bool {
        self == Self::W8a8
    }
}

/// Which weights share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    Tensor,
    /// Those of one output channel, which is a row.
    Channel,
    /// So many neighbours in a row.
    Group(usize),
}

impl Granularity {
    /// The scheme of a weight [out, in] that shares scales like this.
    pub fn of(self, scheme: Scheme) -> Result<Scheme, absmax::Error> {
        match self {
            Self::Tensor => Ok(scheme.per_tensor()),
            Self::Channel => Ok(scheme.per_channel(0)),
            Self::Group(size) => scheme.per_group(size),
        }
    }
}

impl FromStr for Granularity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("group=").map(str::parse)) {
            ("tensor", _) => Ok(Self::Tensor),
            ("channel", _) => Ok(Self::Channel),
            (_, Some(Ok(size))) if size > 0 => Ok(Self::Group(size)),
            _ => Err("has to be tensor, channel or group=N".to_owned()),
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor => f.write_str("tensor"),
            Self::Channel => f.write_str("channel"),
            Self::Group(size) => write!(f, "group={size}"),
        }
    }
}

/// What the weights of a module become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightScheme {
    pub name: SchemeName,
    pub granularity: Granularity,
    /// At most as many as are stored.
    pub bits: u8,
    pub mapping: Mapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    Symmetric(Range),
    Asymmetric,
}

/// What a scheme may have other than its name's defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choices {
    pub granularity: Option<Granularity>,
    pub bits: Option<u8>,
    pub range: Option<Range>,
    pub asymmetric: bool,
}

impl WeightScheme {
    /// By default a scale for each channel, or for groups of 128 at 4 bits, and symmetric.
    pub fn new(name: SchemeName, choices: Choices) -> Result<Self> {
        let most = name.stored_bits();
        let bits = choices.bits.unwrap_or(most);
        ensure!(
            (2..=most).contains(&bits),
            "{bits} bits: {} has room for 2 to {most}",
            name.name()
        );
        let default = if most == 4 { Granularity::Group(128) } else { Granularity::Channel };
        let mapping = match (choices.asymmetric, choices.range) {
            (true, Some(_)) => bail!("an asymmetric scheme has no narrow or full range"),
            (true, None) => Mapping::Asymmetric,
            (false, range) => Mapping::Symmetric(range.unwrap_or(Range::default_for(bits))),
        };
        Ok(Self { name, granularity: choices.granularity.unwrap_or(default), bits, mapping })
    }

    pub fn is_symmetric(&self) -> bool {
        self.mapping != Mapping::Asymmetric
    }

    /// Whether integers are packed into 32-bit words.
    pub fn is_packed(&self) -> bool {
        !self.name.has_activations()
    }

    /// Whether zero points are packed as the integers are: there is one alone where there is one scale.
    pub fn has_packed_zero_points(&self) -> bool {
        self.is_packed() && self.granularity != Granularity::Tensor
    }

    /// The format's name in compressed-tensors.
    pub fn format(&self) -> &'static str {
        if self.is_packed() { "pack-quantized" } else { "int-quantized" }
    }

    /// Values that share a scale, of rows of so many.
    pub fn sets_per_row(&self, row_len: usize) -> usize {
        match self.granularity {
            Granularity::Group(size) => row_len / size,
            _ => 1,
        }
    }

    /// How many scales a weight [out, in] has.
    pub fn scale_count(&self, [rows, row_len]: [usize; 2]) -> usize {
        if self.granularity == Granularity::Tensor { 1 } else { rows * self.sets_per_row(row_len) }
    }

    /// What kernels make of rows.
    pub fn kernel_scheme(&self, scale_type: ScaleType) -> Result<Scheme, absmax::Error> {
        let scheme = Scheme::int8().bits(self.bits)?.scale_type(scale_type);
        let scheme = match self.mapping {
            Mapping::Symmetric(range) => scheme.range(range),
            Mapping::Asymmetric => scheme.affine(),
        };
        self.granularity.of(scheme)
    }
}

impl Choices {
    /// Adds what one word says, of which every kind may come once.
    fn add(&mut self, word: &str) -> Result<()> {
        let twice = if let Some(bits) = word.strip_prefix("bits=") {
            let bits = bits.parse().map_err(|_| anyhow!("{bits:?} is not a number"))?;
            self.bits.replace(bits).is_some()
        } else if word == "asymmetric" {
            replace(&mut self.asymmetric, true)
        } else if let Some(range) = range_of(word) {
            self.range.replace(range).is_some()
        } else if let Ok(granularity) = word.parse() {
            self.granularity.replace(granularity).is_some()
        } else {
            bail!(
                "{word:?} is none of tensor, channel, group=N, bits=N, asymmetric, narrow and full"
            )
        };
        ensure!(!twice, "{word:?} is the second word of its kind");
        Ok(())
    }
}

fn range_of(word: &str) -> Option<Range> {
    match word {
        "narrow" => Some(Range::Narrow),
        "full" => Some(Range::Full),
        _ => None,
    }
}

impl FromStr for WeightScheme {
    type Err = anyhow::Error;

    /// A name and what differs from its defaults, with commas between.
    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default();
        let known = SchemeName::ALL.into_iter().find(|(_, known)| *known == name);
        let (name, _) =
            known.ok_or_else(|| anyhow!("{name:?} is none of w8a8, w8a16 and w4a16"))?;
        let mut choices = Choices::default();
        parts.try_for_each(|word| choices.add(word))?;
        Self::new(name, choices)
    }
}

impl fmt::Display for WeightScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.name.name(), self.granularity)?;
        if self.bits != self.name.stored_bits() {
            write!(f, ",bits={}", self.bits)?;
        }
        match self.mapping {
            Mapping::Asymmetric => f.write_str(",asymmetric"),
            Mapping::Symmetric(range) if range != Range::default_for(self.bits) => {
                f.write_str(if range == Range::Full { ",full" } else { ",narrow" })
            }
            Mapping::Symmetric(_) => Ok(()),
        }
    }
}

impl Serialize for WeightScheme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
