//! Compares what is done to one number: `Element::to_f32` and `from_f32`, `ScaleType::round` and
//! `Scheme::params`. Every backend has the same functions. They are compared as kernels are,
//! because kernels call them.

use absmax::{Error, QuantParams, Result, ScaleType, Scheme, reference};

use super::mismatch::Scene;
use super::with_params::text;
use super::{Board, Kernel, Placed};
use crate::expected;
use crate::inputs::{Input, Value};

impl Board {
    /// Compares every subject's widened values with the reference's, to the bit also of a NaN.
    pub fn widened<T: Input>(&mut self, x: &Placed<T>) {
        let expected: Vec<f32> = x.iter().map(|x| x.wide()).collect();
        let scene = Scene { kernel: Kernel::ToF32, x, parameters: &|| "to f32".to_owned() };
        self.written(&scene, &expected, &Some, &|subject, y| {
            subject.widen(x, y);
            Ok(())
        });
    }

    /// Compares every subject's narrowed values with the reference's, to the bit.
    pub fn narrowed<T: Input>(&mut self, x: &Placed<f32>) {
        let expected: Vec<T> = x.iter().map(|&x| T::of(x)).collect();
        let parameters = || format!("to {}", T::TYPE);
        let scene = Scene { kernel: Kernel::FromF32, x, parameters: &parameters };
        self.written(&scene, &expected, &Some, &|subject, y| {
            subject.narrow(x, y);
            Ok(())
        });
    }

    /// Compares every subject's scales, rounded to a type, with the reference's.
    pub fn rounded(&mut self, x: &Placed<f32>, scale_type: ScaleType) {
        let expected: Vec<f32> = x.iter().map(|&x| reference::store(x, scale_type)).collect();
        let parameters = || format!("a scale to {scale_type}");
        let scene = Scene { kernel: Kernel::Round, x, parameters: &parameters };
        self.written(&scene, &expected, &Some, &|subject, y| {
            subject.round(x, scale_type, y);
            Ok(())
        });
    }

    /// Compares every subject's parameters for values between two limits, or its error, with the
    /// expected ones.
    pub fn params(&mut self, scheme: Scheme, min: f32, max: f32) {
        let expected = expected::params(scheme, min, max);
        let limits = Placed::new(&[min, max], 0, f32::UNTOUCHED);
        let parameters = || format!("{scheme:?}");
        let scene = Scene { kernel: Kernel::Params, x: &limits, parameters: &parameters };
        for (subject, tally) in self.of(Kernel::Params) {
            let found = subject.params(scheme, min, max);
            tally.count(is_same(&expected, &found), || {
                scene.mismatch(subject, Some(1), detail(&expected), detail(&found))
            });
        }
    }
}

/// Whether the stored numbers are equal, or else the kinds of the errors, whose numbers are the
/// limits.
fn is_same(a: &Result<QuantParams>, b: &Result<QuantParams>) -> bool {
    let numbers = |p: &QuantParams| (p.scale().to_bits(), p.zero_point(), p.qmin(), p.qmax());
    match (a, b) {
        (Ok(a), Ok(b)) => numbers(a) == numbers(b),
        (Err(Error::InvalidLimits { .. }), Err(Error::InvalidLimits { .. })) => true,
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

fn detail(params: &Result<QuantParams>) -> String {
    params.map_or_else(|error| format!("\"{error}\""), text)
}
