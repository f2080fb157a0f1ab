//! Kinds in words: for errors, the reference file, the schema and the handbook.

use std::time::Duration;

use super::Kind;
use super::amount::{show_number, show_size, show_time};

impl Kind {
    /// What it takes, with its article: "a size from 1B to 1GiB".
    pub fn describe(&self) -> String {
        match self {
            Self::Switch => "true or false".into(),
            Self::Number(least, most) => {
                format!("a whole number from {} to {}", show_number(*least), show_number(*most))
            }
            Self::OneOf(numbers) => format!("one of {}", listed(numbers.iter().map(u64::to_string))),
            Self::Size(least, most) => format!("a size from {} to {}", show_size(*least), show_size(*most)),
            Self::Rate(most) => format!("bytes a second up to {}, 0 for no limit", show_size(*most)),
            Self::Time(least, most) if least.is_zero() => format!("a duration up to {}", bound(*most)),
            Self::Time(least, most) => format!("a duration from {} to {}", show_time(*least), bound(*most)),
            Self::Seconds(least, most) => format!("a duration of whole seconds from {least}s to {most}s"),
            Self::Choice(words) => {
                format!("one of {}", listed(words.iter().map(|word| format!("\"{word}\""))))
            }
            Self::Text(most) => format!("text of at most {most} bytes"),
            Self::Level => "off, error, warn, info, debug or trace, or such for each target".into(),
            Self::Service => "the name of a service".into(),
            Self::Listen => "an address, tcp://IP:PORT or unix://PATH".into(),
            Self::Socket => "an address, IP:PORT".into(),
            Self::Probes => "a table with idle, interval and count, or false".into(),
            Self::Patterns => "a list of patterns of names, * for anything".into(),
            Self::Mode => "permissions in octal, as text".into(),
            Self::Secret => "text, which is never shown".into(),
            Self::Or(word, inner) => format!("{}, or \"{word}\"", inner.describe()),
        }
    }

    /// A value as it stands in a file.
    pub fn example(&self) -> String {
        match self {
            Self::Switch => "true".into(),
            Self::Number(least, most) => show_number((*most).min((*least).max(10))),
            Self::OneOf(numbers) => numbers.first().map(u64::to_string).unwrap_or_default(),
            Self::Size(..) | Self::Rate(_) => "\"1MiB\"".into(),
            Self::Time(..) | Self::Seconds(..) => "\"30s\"".into(),
            Self::Choice(words) => format!("\"{}\"", words.first().unwrap_or(&"")),
            Self::Text(_) | Self::Secret => "\"text\"".into(),
            Self::Level => "\"info,oread::session=debug\"".into(),
            Self::Service => "\"echo\"".into(),
            Self::Listen => "\"tcp://127.0.0.1:7000\"".into(),
            Self::Socket => "\"127.0.0.1:9464\"".into(),
            Self::Probes => "{ idle = \"60s\", interval = \"10s\", count = 5 }".into(),
            Self::Patterns => "[\"lobby\", \"game-*\"]".into(),
            Self::Mode => "\"0660\"".into(),
            Self::Or(_, inner) => inner.example(),
        }
    }
}

/// A long duration in days or hours, since years and months of a calendar mean little here.
fn bound(time: Duration) -> String {
    let hours = time.as_secs() / 3600;
    match hours {
        0 => show_time(time),
        1..=48 => format!("{hours}h"),
        _ => format!("{}d", hours / 24),
    }
}

fn listed(words: impl ExactSizeIterator<Item = String>) -> String {
    let last = words.len().saturating_sub(1);
    let mut text = String::new();
    for (at, word) in words.enumerate() {
        text.push_str(match at {
            0 => "",
            _ if at == last => " or ",
            _ => ", ",
        });
        text.push_str(&word);
    }
    text
}
