//! What sort of value a key takes: how it is read, what is wrong with one that cannot be, and how it is
//! shown.
//!
//! Values of files arrive with their TOML type; those of the environment and of `--set` as plain text, read
//! as the kind of their key demands: nothing is guessed from how a text looks, so that the secret `007` stays
//! `007`. What [`Kind::show`] writes, [`Kind::read`] reads back.

mod address;
mod amount;
mod choice;
mod describe;
mod patterns;
mod probes;
mod value;

pub(super) use patterns::{MOST as MOST_PATTERNS, pattern};
pub(super) use probes::PARTS as PROBE_PARTS;
pub use value::{Fault, Value, Written};

use std::time::Duration;

use crate::settings::Keepalive;

/// The sort of value that a key takes. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number(u64, u64),
    /// One of a few whole numbers.
    OneOf(&'static [u64]),
    /// Bytes: `"64KiB"`.
    Size(u64, u64),
    /// Bytes a second: `"1MiB"`, `"1MiB/s"`; 0 is no limit.
    Rate(u64),
    /// A duration: `"30s"`, `"1h 30m"`.
    Time(Duration, Duration),
    /// A duration of whole seconds, since the kernel counts no finer.
    Seconds(u64, u64),
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Free text of at most so many bytes.
    Text(usize),
    /// A level, or directives for each target.
    Level,
    /// The name of a service; which exist is known later.
    Service,
    /// An address to listen on: `tcp://` or `unix://`.
    Listen,
    /// An IP address and a port.
    Socket,
    /// The table of TCP keepalive, or `false`.
    Probes,
    /// Patterns of rooms' names: `["lobby", "game-*"]`.
    Patterns,
    /// Permissions of a file in octal: `"0660"`.
    Mode,
    /// Text that is never shown.
    Secret,
    /// Another kind, or this word, which stands for "none given".
    Or(&'static str, &'static Kind),
}

impl Kind {
    /// Reads what was written.
    pub fn read(&self, written: &Written) -> Result<Value, Fault> {
        match (self, written) {
            (Self::Or(word, _), Written::Text(text) | Written::Loose(text)) if text == word => {
                Ok(Value::Absent)
            }
            (Self::Or(_, inner), _) => inner.read(written).map_err(|fault| fault.widen(self)),
            (Self::Probes, _) => probes::read(written).map(Value::Probes),
            (Self::Patterns, _) => patterns::read(written),
            (Self::Secret, Written::Text(text) | Written::Loose(text)) => Ok(Value::Text(text.clone())),
            (_, Written::Loose(text)) => self.read_text(text, true),
            (_, Written::Text(text)) => self.read_text(text, false),
            (_, Written::Number(number)) => self.read_number(*number),
            (Self::Switch, Written::Switch(on)) => Ok(Value::Switch(*on)),
            _ => Err(self.mistyped(written)),
        }
    }

    /// Reads text: from a string in a file, or (`loose`) from where everything is text.
    fn read_text(&self, text: &str, loose: bool) -> Result<Value, Fault> {
        match self {
            Self::Switch if loose => choice::switch(text),
            Self::Number(..) | Self::OneOf(_) if loose => match amount::digits(text) {
                Some(number) => self.bounded(number, text),
                None => Err(Fault::new(format!("`{text}` is not a whole number"), "").expecting(self)),
            },
            Self::Switch | Self::Number(..) | Self::OneOf(_) => Err(self.quoted(text)),
            Self::Size(..) => self.bounded(amount::size(text)?, text),
            Self::Rate(_) => self.bounded(amount::size(text.strip_suffix("/s").unwrap_or(text))?, text),
            Self::Time(..) | Self::Seconds(..) => self.bounded_time(amount::time(text)?, text),
            Self::Choice(words) => choice::word(text, words),
            Self::Text(most) => choice::text(text, *most),
            Self::Level => choice::level(text),
            Self::Service => choice::text(text, 64),
            Self::Listen => address::listen(text).map(Value::Listen),
            Self::Socket => address::socket(text).map(Value::Socket),
            Self::Mode => amount::mode(text),
            Self::Probes | Self::Patterns | Self::Secret | Self::Or(..) => {
                self.read(&Written::Text(text.into()))
            }
        }
    }

    fn read_number(&self, number: i128) -> Result<Value, Fault> {
        let text = number.to_string();
        match self {
            Self::Number(..) | Self::OneOf(_) | Self::Size(..) | Self::Rate(_) => match u64::try_from(number)
            {
                Ok(number) => self.bounded(number, &text),
                Err(_) => Err(Fault::range(&text, self)),
            },
            Self::Time(..) | Self::Seconds(..) if number > 0 => Err(amount::unitless(&text)),
            Self::Time(..) | Self::Seconds(..) => {
                Err(Fault::new(format!("{number} is not a duration"), "").expecting(self))
            }
            Self::Mode => {
                Err(Fault::new("permissions are text, in octal", "write \"0660\", with the quotes"))
            }
            _ => Err(self.mistyped(&Written::Number(number))),
        }
    }

    /// `number`, which was written as `text`, if it is within bounds.
    fn bounded(&self, number: u64, text: &str) -> Result<Value, Fault> {
        let fits = match self {
            Self::Number(least, most) | Self::Size(least, most) => (*least..=*most).contains(&number),
            Self::Rate(most) => number <= *most,
            Self::OneOf(numbers) => numbers.contains(&number),
            _ => true,
        };
        if fits { Ok(Value::Number(number)) } else { Err(Fault::range(text, self)) }
    }

    /// `time`, which was written as `text`, if it is within bounds.
    fn bounded_time(&self, time: Duration, text: &str) -> Result<Value, Fault> {
        let fits = match self {
            Self::Time(least, most) => (*least..=*most).contains(&time),
            Self::Seconds(least, most) => {
                time.subsec_nanos() == 0 && (*least..=*most).contains(&time.as_secs())
            }
            _ => true,
        };
        if fits { Ok(Value::Time(time)) } else { Err(Fault::range(text, self)) }
    }

    fn mistyped(&self, written: &Written) -> Fault {
        Fault::new(format!("this is {}", written.type_name()), "").expecting(self)
    }

    /// A string where there should be none; perhaps only its quotes are wrong.
    fn quoted(&self, text: &str) -> Fault {
        let remedy = if self.read_text(text, true).is_ok() {
            format!("write {text}, without quotes")
        } else {
            String::new()
        };
        Fault::new(format!("\"{text}\" is a string"), remedy).expecting(self)
    }

    /// The text of `value`, as [`Self::read`] takes it from the environment; secrets as they are.
    pub fn show(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Or(word, _), Value::Absent) => (*word).into(),
            (Self::Or(_, inner), _) => inner.show(value),
            (Self::Size(..) | Self::Rate(_), Value::Number(bytes)) => amount::show_size(*bytes),
            (Self::Mode, Value::Number(mode)) => format!("{mode:04o}"),
            (_, Value::Number(number)) => amount::show_number(*number),
            (_, Value::Switch(on)) => on.to_string(),
            (_, Value::Time(time)) => amount::show_time(*time),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::Listen(address)) => address.to_string(),
            (_, Value::Socket(address)) => address.to_string(),
            (_, Value::Patterns(patterns)) => patterns::show(patterns),
            (_, Value::Probes(None)) => "false".into(),
            (_, Value::Probes(Some(Keepalive { idle, interval, count }))) => {
                let (idle, interval) = (amount::show_time(*idle), amount::show_time(*interval));
                format!("{{ idle = \"{idle}\", interval = \"{interval}\", count = {count} }}")
            }
            (_, Value::Absent) => String::new(),
        }
    }

    /// `text`, which [`Self::read`] takes, as it stands in a file: quoted where it is a string there.
    pub fn quote(&self, text: &str) -> String {
        match self {
            Self::Or(word, inner) if text != *word => inner.quote(text),
            Self::Switch | Self::Number(..) | Self::OneOf(_) | Self::Probes | Self::Patterns => text.into(),
            _ => toml::Value::String(text.into()).to_string(),
        }
    }

    /// Whether its values must not be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret) || matches!(self, Self::Or(_, inner) if inner.is_secret())
    }
}

#[cfg(test)]
mod tests;
