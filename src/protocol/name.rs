//! Names of rooms and sessions, which are looked up, shown and logged: bounded, UTF-8, and without characters that a terminal obeys.

use std::fmt;

use super::NAME_MAX;

/// The name of a room: 1 to [`NAME_MAX`] bytes without control characters. Two rooms are the same when their bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName<'a>(&'a str);

/// The name that a session gives itself: up to [`NAME_MAX`] bytes without control characters. It may be empty and need not be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionName<'a>(&'a str);

/// Why bytes are not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFlaw {
    /// It has no bytes.
    Empty,
    /// It has this many bytes, more than [`NAME_MAX`].
    TooLong(usize),
    /// It is not UTF-8.
    NotUtf8,
    /// It has this control character in it (Unicode's category Cc).
    Control(char),
}

impl<'a> RoomName<'a> {
    /// The name that these bytes are.
    pub fn new(bytes: &'a [u8]) -> Result<Self, NameFlaw> {
        if bytes.is_empty() {
            return Err(NameFlaw::Empty);
        }
        name(bytes).map(Self)
    }

    /// It as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> SessionName<'a> {
    /// The name that these bytes are.
    pub fn new(bytes: &'a [u8]) -> Result<Self, NameFlaw> {
        name(bytes).map(Self)
    }

    /// It as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

fn name(bytes: &[u8]) -> Result<&str, NameFlaw> {
    if bytes.len() > NAME_MAX {
        return Err(NameFlaw::TooLong(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| NameFlaw::NotUtf8)?;
    text.chars().find(|c| c.is_control()).map_or(Ok(text), |control| Err(NameFlaw::Control(control)))
}

impl fmt::Display for NameFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name cannot be empty"),
            Self::TooLong(length) => write!(f, "a name of {length} bytes, the maximum is {NAME_MAX}"),
            Self::NotUtf8 => f.write_str("a name must be UTF-8"),
            Self::Control(control) => {
                write!(f, "a name cannot hold the control character U+{:04X}", u32::from(*control))
            }
        }
    }
}

impl std::error::Error for NameFlaw {}
