//! Prints what has to stand beside figures: when, where and by which command they were measured.

use std::time::{SystemTime, UNIX_EPOCH};

use absmax::Backend;

use crate::clock::Clock;
use crate::conditions::Conditions;

/// Prints the header above the tables.
pub(crate) fn print(conditions: &Conditions) {
    let command: Vec<String> = std::env::args().skip(1).collect();
    println!("absmax {} beside its peers, {}", env!("CARGO_PKG_VERSION"), today());
    println!("CPU: {}", cpu());
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("load when this began: {}", load.trim());
    }
    println!("command: cargo run --release -p absmax-peers -- {}", command.join(" "));
    println!("best backend: {}; threads of absmax: {}", Backend::best().isa(), conditions.threads);
    println!("buffers begin {} bytes past a cache line", conditions.offset);
    println!("clock: {}", Clock::new(conditions.threads).describe());
    println!("GB/s of f32 bytes, medians; in brackets absmax (the first row) over the peer\n");
}

/// The name that Linux knows the CPU by, with the family and the model, because the name says
/// little on some virtual machines.
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.split(':').next().map(str::trim) == Some(name));
        line.and_then(|line| line.split(':').nth(1)).map(str::trim)
    };
    match (field("model name"), field("cpu family"), field("model")) {
        (Some(name), Some(family), Some(model)) => format!("{name}, family {family} model {model}"),
        _ => std::env::consts::ARCH.to_owned(),
    }
}

/// The date in UTC, as in 2026-11-21.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day of a day after 1970-01-01. Years begin in March here, so that the leap day
/// is the last day. 400 years are 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_around_leap_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(20_778), (2026, 11, 21));
    }
}
