//! What keeps transformers from loading a quantized weight.

use crate::scheme::WeightScheme;

/// A reason why transformers cannot load the weight of a module in some schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// The class sets the module's `weight` before weights are loaded. A module whose weight is
    /// packed has no parameter of that name.
    Initialized,
    /// The running model stacks the weight with those of the other experts, which transformers
    /// does to packed integers after it has made floats of them, and cannot do to int8 weights.
    Stacked,
    /// Some weight of the model may be split while it is loaded. Transformers prepares that for
    /// scales, too, and fails.
    Split,
    /// Transformers makes modules of it while it loads, which it cannot do to integers.
    Converted,
}

impl Limit {
    /// Whether it concerns weights of this scheme.
    pub(crate) fn concerns(self, scheme: &WeightScheme) -> bool {
        match self {
            Self::Initialized => scheme.is_packed(),
            Self::Stacked => scheme.name().has_activations(),
            Self::Split | Self::Converted => true,
        }
    }

    /// What happens, and which way out there is.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Initialized => {
                "transformers 5 does not load packed weights of these modules except with \
                 CompressedTensorsConfig(dequantize=True); w8a8 loads"
            }
            Self::Stacked => {
                "transformers 5 does not load the experts of this model in w8a8; w8a16 and w4a16 \
                 load, and transformers 4.57 loads all"
            }
            Self::Split => "transformers 5 loads no quantized model of this architecture",
            Self::Converted => "transformers 5 makes other modules of them while it loads",
        }
    }
}
