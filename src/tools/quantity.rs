//! Sizes and durations on the command line, and numbers as people read them. Not the configuration's parser, which reports places.

use std::time::Duration;

/// Bytes: `64`, `64B`, `4KiB`, `1MiB`; at least 1, at most 4 GiB less one.
pub(crate) fn size(text: &str) -> Result<u32, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        other => return Err(format!("`{other}` is no unit of size: use B, KiB or MiB")),
    };
    let bytes = text[..digits].parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    match bytes.map(u32::try_from) {
        Some(Ok(bytes)) if bytes > 0 => Ok(bytes),
        _ => Err(format!("`{text}` is no size from 1 B to 4095 MiB, such as 64B or 4KiB")),
    }
}

/// `10s`, `500ms`, `1m 30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}: write 10s, 500ms or 2m"))
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that suits them: `1.5 KiB`.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits after the point")]
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.2} GiB", count as f64 / 1_073_741_824.0),
    }
}

/// Nanoseconds in the unit that suits them, with three digits: `21.4 µs`.
#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
pub(crate) fn time(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (nanos as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (nanos as f64 / 1e6, "ms"),
        _ => (nanos as f64 / 1e9, "s"),
    };
    let places = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.places$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_with_units_and_refuses_the_rest() {
        assert_eq!(size("64"), Ok(64));
        assert_eq!(size("4KiB"), Ok(4096));
        for wrong in ["", "0", "-1", "1.5KiB", "4096MiB", "1GB", "99999999999999999999"] {
            assert!(size(wrong).is_err(), "{wrong:?} must be refused");
        }
    }

    #[test]
    fn shows_numbers_as_people_read_them() {
        assert_eq!([grouped(7), grouped(999), grouped(1_234_567)], ["7", "999", "1,234,567"]);
        assert_eq!(
            [time(950), time(21_437), time(9_999), time(2_500_000_000)],
            ["950 ns", "21.4 µs", "10.0 µs", "2.50 s"]
        );
        assert_eq!([bytes(80), bytes(1536), bytes(5 << 20)], ["80 B", "1.5 KiB", "5.0 MiB"]);
    }
}
