//! Amounts: numbers, sizes, durations, permissions.

use std::time::Duration;

use super::{Fault, Value};

/// Units of sizes: powers of 1024, and powers of 1000 as disks and links are sold.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Digits, `_` between them allowed.
pub(super) fn digits(text: &str) -> Option<u64> {
    let plain = text.replace('_', "");
    let whole = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    if whole && !text.starts_with('_') && !text.ends_with('_') { plain.parse().ok() } else { None }
}

/// `64KiB`, `10MB`, or bytes without a unit.
pub(super) fn size(text: &str) -> Result<u64, Fault> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let refuse = |remedy: &str| Fault::new(format!("`{text}` is not a size"), remedy);
    let Some(number) = digits(number) else {
        return Err(refuse("write a whole number with its unit, such as \"64KiB\" or \"1MiB\""));
    };
    let factor = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
        Some((_, factor)) => *factor,
        None if unit.is_empty() => 1,
        None => return Err(refuse(&unit_remedy(number, unit))),
    };
    number.checked_mul(factor).ok_or_else(|| refuse("it does not fit in 64 bits"))
}

/// `K` and its like may mean 1000 or 1024: say both.
fn unit_remedy(number: u64, unit: &str) -> String {
    match unit.to_ascii_uppercase().as_str() {
        letter @ ("K" | "M" | "G" | "T") => {
            format!(
                "write \"{number}{letter}iB\" for powers of 1024, or \"{number}{letter}B\" for powers of 1000"
            )
        }
        _ => "its unit may be B, KiB, MiB, GiB or TiB; or KB, MB, GB, TB for powers of 1000".into(),
    }
}

/// `30s`, `1h 30m`.
pub(super) fn time(text: &str) -> Result<Duration, Fault> {
    if let Some(number) = digits(text).filter(|number| *number > 0) {
        return Err(unitless(&number.to_string()));
    }
    humantime::parse_duration(text).map_err(|_| {
        Fault::new(
            format!("`{text}` is not a duration"),
            "units are ms, s, m, h, d, such as \"30s\" or \"1h 30m\"",
        )
    })
}

/// A number where a duration should be.
pub(super) fn unitless(number: &str) -> Fault {
    Fault::new(
        format!("{number} has no unit"),
        format!("write \"{number}s\" for seconds, \"{number}ms\" for milliseconds"),
    )
}

/// Permissions in octal: `0660`, `660`, `0o660`.
pub(super) fn mode(text: &str) -> Result<Value, Fault> {
    let octal = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(octal, 8) {
        Ok(mode) if mode <= 0o777 && !octal.starts_with('+') => Ok(Value::Number(mode.into())),
        _ => Err(Fault::new(
            format!("`{text}` is not the permissions of a file"),
            "write up to three octal digits for owner, group and others, such as \"0660\"",
        )),
    }
}

/// The largest unit of 1024 that leaves no remainder.
pub(super) fn show_size(bytes: u64) -> String {
    let whole = |(_, factor): &&(&str, u64)| bytes.is_multiple_of(*factor);
    match UNITS[..4].iter().find(whole) {
        _ if bytes == 0 => "0".into(),
        Some((unit, factor)) => format!("{}{unit}", bytes / factor),
        None => format!("{bytes}B"),
    }
}

/// Digits, from five on in groups of three.
pub(super) fn show_number(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('_');
        }
        shown.push(digit);
    }
    shown
}

/// As [`time`] reads it.
pub(super) fn show_time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}
