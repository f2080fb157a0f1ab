//! What was asked of the kernel beside what it made of it. Values only: no socket is touched here.

use std::fmt;
use std::time::Duration;

use crate::settings::Keepalive;

/// One option of a bound listener: what its settings ask for, and what is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionReading {
    /// The key under `[listener.NAME.socket]`.
    pub name: &'static str,
    /// What the settings ask for; `unset` leaves the choice to the kernel.
    pub requested: String,
    /// What the kernel says is in force.
    pub effective: String,
    /// Whether something was asked for and something else is in force: worth a line in the log.
    pub differs: bool,
}

impl OptionReading {
    pub(super) fn new(name: &'static str, requested: Option<&Value>, effective: &Effective) -> Self {
        let differs = match (requested, effective) {
            (Some(asked), Effective::Is(found)) => asked != found,
            (Some(_), Effective::Failed(_)) => true,
            _ => false,
        };
        let requested = requested.map_or_else(|| "unset".into(), Value::to_string);
        Self { name, requested, effective: effective.to_string(), differs }
    }
}

impl fmt::Display for OptionReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "socket.{}: requested {}, effective {}", self.name, self.requested, self.effective)
    }
}

/// An option's value, in the configuration's terms: a kernel that keeps books in another way (Linux doubles buffer
/// sizes, and counts keepalive in seconds) is translated where it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Flag(bool),
    Number(u64),
    Time(Duration),
    Word(String),
    Probes(Keepalive),
    /// Off, or none, for an option that else has a value.
    Off,
}

impl Value {
    pub(super) fn number(n: impl Into<u64>) -> Self {
        Self::Number(n.into())
    }

    /// Permissions of a file.
    pub(super) fn mode(mode: u32) -> Self {
        Self::Word(format!("0o{mode:03o}"))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => write!(f, "{}", humantime::format_duration(*time)),
            Self::Word(word) => f.write_str(word),
            Self::Probes(Keepalive { idle, interval, count }) => {
                let (idle, interval) =
                    (humantime::format_duration(*idle), humantime::format_duration(*interval));
                write!(f, "idle {idle}, interval {interval}, count {count}")
            }
            Self::Off => f.write_str("off"),
        }
    }
}

/// What reading an option back gave.
#[derive(Debug)]
pub(super) enum Effective {
    Is(Value),
    /// This platform does not tell.
    Unknown,
    Failed(std::io::Error),
}

impl From<std::io::Result<Option<Value>>> for Effective {
    fn from(read: std::io::Result<Option<Value>>) -> Self {
        match read {
            Ok(Some(value)) => Self::Is(value),
            Ok(None) => Self::Unknown,
            Err(error) => Self::Failed(error),
        }
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => value.fmt(f),
            Self::Unknown => f.write_str("not told by this platform"),
            Self::Failed(error) => write!(f, "unreadable: {error}"),
        }
    }
}
