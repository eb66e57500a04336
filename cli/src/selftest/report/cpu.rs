//! The name of the CPU.

use std::env::consts::{ARCH, OS};

/// The model's name where the system tells it without a call, else the architecture.
pub(in crate::selftest) fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| Some(line.split_once(':')?.1.trim()));
    match model {
        Some(model) => format!("{model} ({ARCH}, {OS})"),
        None => format!("{ARCH}, {OS}"),
    }
}
