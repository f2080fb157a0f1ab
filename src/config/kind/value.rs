//! A value as it was written, as it was read, and what is wrong when the one does not become the other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::Kind;
use crate::settings::{Address, Keepalive, NamePattern};

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// A string in a file.
    Text(String),
    /// A whole number in a file.
    Number(i128),
    /// `true` or `false` in a file.
    Switch(bool),
    /// A list in a file.
    List(Vec<Written>),
    /// A table in a file.
    Table(BTreeMap<String, Written>),
    /// Something in a file that no key takes: its name, with its article.
    Other(&'static str),
    /// Text from where there is only text: the environment and `--set`.
    Loose(String),
}

impl Written {
    /// What it is, with its article.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Loose(_) => "a string",
            Self::Number(_) => "a number",
            Self::Switch(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A number, a size in bytes, a rate in bytes a second, or permissions.
    Number(u64),
    /// A duration.
    Time(Duration),
    /// A word or a text.
    Text(String),
    /// Where a listener listens.
    Listen(Address),
    /// An IP address and a port.
    Socket(SocketAddr),
    /// Patterns of rooms' names.
    Patterns(Vec<NamePattern>),
    /// TCP keepalive.
    Probes(Option<Keepalive>),
    /// The word that stands for "none given": `auto`, `off`.
    Absent,
}

/// What is wrong with a value, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }

    pub(super) fn range(shown: &str, kind: &Kind) -> Self {
        Self::new(format!("{shown} is out of range"), format!("write {}", kind.describe()))
    }

    /// The same fault, with what `kind` takes as its remedy if it has none.
    pub(super) fn expecting(mut self, kind: &Kind) -> Self {
        if self.remedy.is_empty() {
            self.remedy = format!("write {}, such as {}", kind.describe(), kind.example());
        }
        self
    }

    /// The same fault of a kind that takes a word besides.
    pub(super) fn widen(mut self, kind: &Kind) -> Self {
        if let Kind::Or(word, _) = kind {
            self.remedy = format!("{}, or \"{word}\"", self.remedy);
        }
        self
    }
}

impl From<&toml::de::DeValue<'_>> for Written {
    fn from(value: &toml::de::DeValue<'_>) -> Self {
        use toml::de::DeValue;
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Boolean(on) => Self::Switch(*on),
            DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Self::Number(number),
                Err(_) => Self::Other("a number beyond all bounds"),
            },
            DeValue::Float(_) => Self::Other("a number with a fraction"),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(list) => Self::List(list.iter().map(|value| value.get_ref().into()).collect()),
            DeValue::Table(table) => Self::Table(
                table
                    .iter()
                    .map(|(key, value)| (key.get_ref().to_string(), value.get_ref().into()))
                    .collect(),
            ),
        }
    }
}
