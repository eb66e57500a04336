//! Which backends ran, said aloud: a test that passes where it did not run proves nothing.
//!
//! `ABSMAX_REQUIRE=avx2,avx512` fails the test where one of these is missing, and
//! `ABSMAX_FORBID=avx2` where one is there that should not be.

mod common;

use absmax::{Backend, Error, Isa};

/// Whether the CPU has a feature. Without `std` the crate cannot ask, and takes what the build
/// target promises.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),+) => {
        $(if cfg!(feature = "std") {
            is_x86_feature_detected!($feature)
        } else {
            cfg!(target_feature = $feature)
        })&&+
    };
}

/// The backends that this CPU must have.
fn expected() -> Vec<Isa> {
    #[cfg(target_arch = "x86_64")]
    let detected = [
        (Isa::Avx2, has!("avx2", "fma", "f16c")),
        (Isa::Avx512, has!("avx512f", "avx512bw", "avx512dq", "avx512vl")),
    ];
    #[cfg(target_arch = "aarch64")]
    let detected = [(Isa::Neon, true)];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let detected: [(Isa, bool); 0] = [];
    let found = detected.into_iter().filter(|&(_, has)| has).map(|(isa, _)| isa);
    [Isa::Portable].into_iter().chain(found).collect()
}

fn named_in(variable: &str) -> Vec<Isa> {
    let names = std::env::var(variable).unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(|name| name.parse().unwrap()).collect()
}

#[test]
fn every_backend_of_this_cpu_ran() {
    let mut ran = Vec::new();
    for backend in Backend::available() {
        let mut q = [0; 5];
        let scale = backend.quantize_into(&[1.0, -1.0, 0.5, -0.5, 0.0], &mut q);
        assert_eq!((q, scale), ([127, -127, 64, -64, 0], Ok(1.0 / 127.0)), "{}", backend.isa());
        ran.push(backend.isa());
    }
    println!("backends that ran: {}", common::names().join(", "));
    assert_eq!(ran, expected());
    assert_eq!(ran.last(), Some(&Backend::best().isa()));
    for isa in named_in("ABSMAX_REQUIRE") {
        assert!(ran.contains(&isa), "{isa} was required and did not run");
    }
    for isa in named_in("ABSMAX_FORBID") {
        assert!(!ran.contains(&isa), "{isa} ran where it was forbidden");
    }
}

#[test]
fn names_are_read_and_written() {
    for isa in Isa::ALL {
        assert_eq!(isa.to_string().parse(), Ok(isa));
        let there = expected().contains(&isa).then_some(isa);
        assert_eq!(Backend::new(isa).map(Backend::isa), there.ok_or(Error::IsaUnavailable { isa }));
    }
    assert_eq!("sse9".parse::<Isa>(), Err(Error::UnknownIsa));
    assert_eq!(format!("[{:>8}]", Isa::Avx2), "[    avx2]");
}
