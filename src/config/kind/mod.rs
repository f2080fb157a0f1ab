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
mod probes;
mod value;

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
            Self::Number(..) | Self::OneOf(_) if loose => {
                amount::digits(text).ok_or_else(|| self.refuse(text)).and_then(|number| self.bounded(number))
            }
            Self::Size(..) | Self::Rate(_) => {
                let text = if matches!(self, Self::Rate(_)) {
                    text.strip_suffix("/s").unwrap_or(text)
                } else {
                    text
                };
                amount::size(text).and_then(|bytes| self.bounded(bytes))
            }
            Self::Time(..) | Self::Seconds(..) => amount::time(text)
                .map_err(|fault| fault.expecting(self))
                .and_then(|time| self.bounded_time(time)),
            Self::Choice(words) => choice::word(text, words),
            Self::Text(most) => choice::text(text, *most),
            Self::Level => choice::level(text),
            Self::Service => choice::text(text, 64),
            Self::Listen => address::listen(text).map(Value::Listen),
            Self::Socket => address::socket(text).map(Value::Socket),
            Self::Mode => amount::mode(text),
            _ => Err(self.mistyped(&Written::Text(String::new()))),
        }
    }

    fn read_number(&self, number: i128) -> Result<Value, Fault> {
        match self {
            Self::Number(..) | Self::OneOf(_) | Self::Size(..) | Self::Rate(_) => match u64::try_from(number)
            {
                Ok(number) => self.bounded(number),
                Err(_) => Err(Fault::range(&number.to_string(), self)),
            },
            Self::Time(..) | Self::Seconds(..) => Err(Fault::new(
                format!("{number} has no unit"),
                format!("write \"{number}s\" for seconds, \"{number}ms\" for milliseconds"),
            )),
            Self::Mode => {
                Err(Fault::new("permissions are text, in octal", "write \"0660\", with the quotes"))
            }
            _ => Err(self.mistyped(&Written::Number(number))),
        }
    }

    fn bounded(&self, number: u64) -> Result<Value, Fault> {
        let fits = match self {
            Self::Number(least, most) | Self::Size(least, most) => (*least..=*most).contains(&number),
            Self::Rate(most) => number <= *most,
            Self::OneOf(numbers) => numbers.contains(&number),
            _ => true,
        };
        if fits {
            Ok(Value::Number(number))
        } else {
            Err(Fault::range(&self.show(&Value::Number(number)), self))
        }
    }

    fn bounded_time(&self, time: Duration) -> Result<Value, Fault> {
        let fits = match self {
            Self::Time(least, most) => (*least..=*most).contains(&time),
            Self::Seconds(least, most) => {
                time.subsec_nanos() == 0 && (*least..=*most).contains(&time.as_secs())
            }
            _ => true,
        };
        if fits { Ok(Value::Time(time)) } else { Err(Fault::range(&self.show(&Value::Time(time)), self)) }
    }

    fn refuse(&self, text: &str) -> Fault {
        Fault::new(format!("`{text}` is not a whole number"), String::new()).expecting(self)
    }

    fn mistyped(&self, written: &Written) -> Fault {
        Fault::new(format!("this is {}", written.type_name()), String::new()).expecting(self)
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
            Self::Switch | Self::Number(..) | Self::OneOf(_) | Self::Probes => text.into(),
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
