//! What keeps transformers from loading weights of a quantized model.

use crate::scheme::{Granularity, WeightScheme};

/// A reason why transformers does not load a module of a quantized model, quantized or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// The class sets the module's `weight` before weights are loaded. A module whose weight is
    /// packed has no parameter of that name.
    Initialized,
    /// The running model stacks the weight with those of the other experts. Transformers does that
    /// to packed integers after it has made floats of them. In a quantized model it can do it
    /// neither to int8 weights nor to floats.
    Stacked,
    /// Transformers takes one scheme for all experts that it stacks, and stacks no zero points.
    OneScheme,
    /// The running model makes one parameter of several weights, which in a quantized model
    /// transformers cannot do to floats.
    Merged,
    /// Transformers loads no quantized model of the class; or it prepares to split weights, and
    /// cannot do that unless some of the modules that it makes of them are quantized.
    Architecture,
    /// The weights of several modules of the running model are one on disk. Transformers splits
    /// integers and scales as it does floats, and neither packed ones nor a single scale.
    Split,
    /// Transformers makes modules of it while it loads, which it can do to floats only.
    Converted,
}

impl Limit {
    /// Whether the weight is kept in every scheme.
    pub(crate) const fn is_kept(self) -> bool {
        matches!(self, Self::Merged | Self::Converted)
    }

    /// Whether it keeps a weight from being loaded that has this scheme, or none.
    pub(crate) fn concerns(self, scheme: Option<&WeightScheme>) -> bool {
        match (self, scheme) {
            (Self::Initialized, Some(scheme)) => scheme.is_packed(),
            (Self::Split, Some(scheme)) => {
                scheme.is_packed() || scheme.granularity() == Granularity::Tensor
            }
            (Self::Stacked, Some(scheme)) => scheme.name().has_activations(),
            (Self::Stacked | Self::Merged, None) | (Self::Architecture, Some(_)) => true,
            _ => false,
        }
    }

    /// Whether a weight that it keeps from being loaded quantized is loaded as it is.
    pub(crate) const fn allows_floats(self) -> bool {
        matches!(self, Self::Initialized | Self::Split | Self::Converted)
    }

    /// What happens, and which way out there is.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Initialized => {
                "transformers 5 does not load packed weights of modules that it initializes, \
                 except with CompressedTensorsConfig(dequantize=True); w8a8 loads"
            }
            Self::Stacked => {
                "transformers 5 loads the experts of this model only if all of them are quantized, \
                 none kept by --ignore or --on-ragged, in w8a16 or w4a16 (--scheme w8a16); \
                 transformers 4.57 loads them in w8a8, too"
            }
            Self::OneScheme => {
                "transformers 5 loads the experts of this model in one scheme for all of them, \
                 without zero points: give them the same by --override, and no --asymmetric"
            }
            Self::Split => {
                "transformers 5 splits these weights while it loads, which it can do in w8a8 by \
                 channel or group, but neither to packed ones nor to those with a single scale"
            }
            Self::Converted => {
                "transformers 5 makes other modules of these weights while it loads, which it can \
                 do to floats only"
            }
            Self::Merged | Self::Architecture => {
                "transformers 5 loads no quantized model of this architecture"
            }
        }
    }
}
