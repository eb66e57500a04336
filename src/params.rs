//! A scale that is valid by construction.

use crate::division::Reciprocal;
use crate::{Error, Range, Result};

/// How real numbers and quantized integers relate: x' = q * scale.
///
/// ```
/// use absmax::{QuantParams, Range};
///
/// let params = QuantParams::symmetric(0.5)?.with_range(Range::Full);
/// assert_eq!((params.scale(), params.range()), (0.5, Range::Full));
/// assert!(QuantParams::symmetric(0.0).is_err());
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantParams {
    scale: f32,
    range: Range,
    /// Made once for each scale; `None` outside the proven range.
    reciprocal: Option<Reciprocal>,
}

impl QuantParams {
    /// Symmetric int8 parameters with the [narrow range](Range::Narrow).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidScale`] if `scale` is not finite and positive. Subnormal scales are allowed.
    pub fn symmetric(scale: f32) -> Result<Self> {
        if scale.is_finite() && scale > 0.0 {
            let reciprocal = Reciprocal::new(scale);
            Ok(Self { scale, range: Range::Narrow, reciprocal })
        } else {
            Err(Error::InvalidScale { scale })
        }
    }

    /// The same scale with another range.
    pub const fn with_range(self, range: Range) -> Self {
        Self { range, ..self }
    }

    /// What kernels divide by the scale with, if it is in the proven range.
    pub(crate) const fn reciprocal(self) -> Option<Reciprocal> {
        self.reciprocal
    }

    /// The distance between neighbouring dequantized values.
    pub const fn scale(self) -> f32 {
        self.scale
    }

    /// The quantized values in use.
    pub const fn range(self) -> Range {
        self.range
    }
}
