//! Values that have cost other libraries a bug.

/// The number of steps of the quotient that are visited on either side of zero: the steps of the
/// range, and as many again that are clipped.
const STEPS: u32 = 256;

/// The hard values of a scale: both zeros, subnormals, infinities, quiet and signalling NaN, 2^31
/// and its neighbours, by itself and times the scale, and every (k + 1/2) times the scale and its
/// neighbours.
pub fn hard_values(scale: f32) -> Vec<f32> {
    const TWO_31: f32 = 2_147_483_648.0;
    let mut values = vec![
        0.0,
        f32::from_bits(1),
        f32::from_bits(0x007f_ffff),
        f32::MIN_POSITIVE,
        f32::MAX,
        f32::INFINITY,
        f32::NAN,
        f32::from_bits(0x7f80_0001),
        f32::from_bits(0x7fbf_ffff),
        f32::from_bits(0x7fff_ffff),
    ];
    for edge in [TWO_31, TWO_31 * scale, TWO_31 * 2.0, f32::MAX * scale, 1e30, 1e38] {
        values.extend([edge.next_down(), edge, edge.next_up()]);
    }
    for k in 0..STEPS {
        let step = (k as f32 + 0.5) * scale;
        let [down, up] = [step.next_down(), step.next_up()];
        values.extend([down.next_down(), down, step, up, up.next_up(), k as f32 * scale]);
    }
    values.into_iter().flat_map(|value| [value, -value]).collect()
}
