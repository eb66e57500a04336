//! What a weight becomes and how it is stored, as in `w8a8` or `w4a16,group=64`.

use std::fmt;
use std::mem::replace;
use std::str::FromStr;

use absmax::{Range, ScaleType, Scheme};

use super::granularity::Granularity;
use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// The schemes by the names that engines know them by: bits of weights and of activations.
///
/// Their texts are `w8a8`, `w8a16` and `w4a16`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemeName {
    /// int8 weights; the engine quantizes activations to int8, token by token, at run time.
    #[default]
    W8a8,
    /// int8 weights, four in a 32-bit word; activations stay as they are.
    W8a16,
    /// int4 weights, eight in a 32-bit word; activations stay as they are.
    W4a16,
}

impl SchemeName {
    const ALL: [(Self, &str); 3] =
        [(Self::W8a8, "w8a8"), (Self::W8a16, "w8a16"), (Self::W4a16, "w4a16")];

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }

    /// Bits in which a weight is stored.
    pub(crate) fn stored_bits(self) -> u8 {
        if self == Self::W4a16 { 4 } else { 8 }
    }

    /// Whether activations are quantized, too.
    pub(crate) fn has_activations(self) -> bool {
        self == Self::W8a8
    }
}

/// What the weights of a module become.
///
/// Its text is a name and, after commas, what differs from the name's defaults: `tensor`,
/// `channel`, `group=N`, `bits=N`, `asymmetric`, `narrow`, `full`.
///
/// ```
/// use absmax_checkpoint::{Granularity, WeightScheme};
///
/// let scheme: WeightScheme = "w4a16,group=64,asymmetric".parse()?;
/// assert_eq!(scheme.granularity(), Granularity::Group(64));
/// assert!(!scheme.is_symmetric());
/// assert_eq!(WeightScheme::default().to_string(), "w8a8,channel");
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightScheme {
    name: SchemeName,
    granularity: Granularity,
    /// The number of bits in use, which is at most the number of bits stored.
    bits: u8,
    mapping: Mapping,
}

/// How the range of values lies over the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mapping {
    Symmetric(Range),
    Asymmetric,
}

/// What may differ in a [`WeightScheme`] from the defaults of its name. `None` stands for the
/// default.
///
/// ```
/// use absmax_checkpoint::{Choices, SchemeName, WeightScheme};
///
/// let seven_bits = Choices { bits: Some(7), ..Choices::default() };
/// let scheme = WeightScheme::new(SchemeName::W8a8, seven_bits)?;
/// assert_eq!(scheme.to_string(), "w8a8,channel,bits=7");
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Which weights share a scale. By default those of a channel, and at 4 bits groups of 128.
    pub granularity: Option<Granularity>,
    /// Bits in use, 2 or more and at most those that are stored. By default all of them.
    pub bits: Option<u8>,
    /// The integers of symmetric schemes. By default narrow, and full at 4 bits and fewer.
    pub range: Option<Range>,
    /// Whether the range from the least to the largest weight is laid over the integers, with a
    /// zero point.
    pub asymmetric: bool,
}

impl WeightScheme {
    /// A scheme, made from its name and from what differs from the defaults.
    ///
    /// # Errors
    ///
    /// If there is no room for so many bits, if an asymmetric scheme is given a range, or if groups
    /// have no values.
    pub fn new(name: SchemeName, choices: Choices) -> Result<Self, InvalidOption> {
        let most = name.stored_bits();
        let bits = choices.bits.unwrap_or(most);
        if !(2..=most).contains(&bits) {
            let name = name.name();
            return Err(InvalidOption::new(format!(
                "{bits} bits: {name} has room for 2 to {most}"
            )));
        }
        if choices.granularity == Some(Granularity::Group(0)) {
            return Err(InvalidOption::new("a group of 0 values: it has at least 1"));
        }
        let default = if most == 4 { Granularity::Group(128) } else { Granularity::Channel };
        let mapping = match (choices.asymmetric, choices.range) {
            (true, Some(_)) => {
                let text = "an asymmetric scheme has no narrow or full range";
                return Err(InvalidOption::new(text));
            }
            (true, None) => Mapping::Asymmetric,
            (false, range) => Mapping::Symmetric(range.unwrap_or(Range::default_for(bits))),
        };
        Ok(Self { name, granularity: choices.granularity.unwrap_or(default), bits, mapping })
    }

    /// The name that the scheme builds on.
    pub fn name(&self) -> SchemeName {
        self.name
    }

    /// Which weights share a scale.
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// Bits in use.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether there is no zero point.
    pub fn is_symmetric(&self) -> bool {
        self.mapping != Mapping::Asymmetric
    }

    /// The same scheme with one scale for each channel.
    pub(crate) fn by_channel(&self) -> Self {
        Self { granularity: Granularity::Channel, ..*self }
    }

    /// Whether integers are packed into 32-bit words.
    pub(crate) fn is_packed(&self) -> bool {
        !self.name.has_activations()
    }

    /// Whether zero points are packed as the integers are. A single zero point, where there is one
    /// scale, is not packed.
    pub(crate) fn has_packed_zero_points(&self) -> bool {
        self.is_packed() && self.granularity != Granularity::Tensor
    }

    /// The format's name in compressed-tensors.
    pub(crate) fn format(&self) -> &'static str {
        if self.is_packed() { "pack-quantized" } else { "int-quantized" }
    }

    /// The number of scales of a row of so many values.
    pub(crate) fn sets_per_row(&self, row_len: usize) -> usize {
        match self.granularity {
            Granularity::Group(size) => row_len / size,
            _ => 1,
        }
    }

    /// How many scales a weight [out, in] has.
    pub(crate) fn scale_count(&self, [rows, row_len]: [usize; 2]) -> usize {
        if self.granularity == Granularity::Tensor { 1 } else { rows * self.sets_per_row(row_len) }
    }

    /// The scheme by which kernels quantize rows.
    pub(crate) fn kernel_scheme(&self, scale_type: ScaleType) -> Result<Scheme, absmax::Error> {
        let scheme = Scheme::int8().bits(self.bits)?.with_scale_type(scale_type);
        let scheme = match self.mapping {
            Mapping::Symmetric(range) => scheme.with_range(range),
            Mapping::Asymmetric => scheme.affine(),
        };
        self.granularity.of(scheme)
    }
}

impl Choices {
    /// Adds what one word of the text says. Every kind of word may come once.
    fn add(&mut self, word: &str) -> Result<(), InvalidOption> {
        let before = if let Some(bits) = word.strip_prefix("bits=") {
            let not_a_number = |_| InvalidOption::new(format!("{bits:?} is not a number"));
            self.bits
                .replace(bits.parse().map_err(not_a_number)?)
                .map(|bits| format!("bits={bits}"))
        } else if word == "asymmetric" {
            replace(&mut self.asymmetric, true).then(|| word.to_owned())
        } else if let Some(range) = range_of(word) {
            self.range.replace(range).map(|range| range_name(range).to_owned())
        } else if matches!(word, "tensor" | "channel") || word.starts_with("group=") {
            self.granularity.replace(word.parse()?).map(|granularity| granularity.to_string())
        } else {
            return Err(InvalidOption::new(format!(
                "{word:?} is none of tensor, channel, group=N, bits=N, asymmetric, narrow and full"
            )));
        };
        match before {
            Some(before) if before == word => {
                Err(InvalidOption::new(format!("{word:?} is there twice")))
            }
            Some(before) => Err(InvalidOption::new(format!("{word:?} contradicts {before:?}"))),
            None => Ok(()),
        }
    }
}

fn range_of(word: &str) -> Option<Range> {
    match word {
        "narrow" => Some(Range::Narrow),
        "full" => Some(Range::Full),
        _ => None,
    }
}

fn range_name(range: Range) -> &'static str {
    match range {
        Range::Narrow => "narrow",
        Range::Full => "full",
    }
}

impl Default for WeightScheme {
    /// `w8a8` with the defaults of its name.
    fn default() -> Self {
        let (granularity, mapping) = (Granularity::Channel, Mapping::Symmetric(Range::Narrow));
        Self { name: SchemeName::W8a8, granularity, bits: 8, mapping }
    }
}

impl FromStr for WeightScheme {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        if text.ends_with(',') {
            return Err(InvalidOption::new(format!("{text:?} ends in a comma")));
        }
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default();
        let known = SchemeName::ALL.into_iter().find(|(_, known)| *known == name);
        let (name, _) = known.ok_or_else(|| {
            InvalidOption::new(format!("{name:?} is none of w8a8, w8a16 and w4a16"))
        })?;
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
                write!(f, ",{}", range_name(range))
            }
            Mapping::Symmetric(_) => Ok(()),
        }
    }
}

serde_as_text!(WeightScheme);
