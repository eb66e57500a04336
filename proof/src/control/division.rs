use absmax::division::Reciprocal;

/// A reciprocal whose last division is replaced by a product: lo = RN(RN(1 - s * hi) * hi). It is
/// wrong for exactly one scale and step of the whole enumeration.
pub fn reciprocal(scale: f32) -> Option<Reciprocal> {
    Reciprocal::new(scale).map(|Reciprocal { hi, .. }| {
        // In binary64 the product is exact, and so is the difference.
        let remainder = (1.0 - f64::from(scale) * f64::from(hi)) as f32;
        Reciprocal { hi, lo: remainder * hi }
    })
}
