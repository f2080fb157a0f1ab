//! What can be wrong with a frame: one that came ([`Malformed`]) and one that is to be sent ([`Misfit`]).

use std::fmt;

use super::Request;
use super::kind;
use super::list::ErrorCode;
use super::name::NameFlaw;

/// Why a frame could not be decoded, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// The frame's type; 0 when there was not even that.
    pub frame: u8,
    /// The field at fault, as the specification names it.
    pub field: &'static str,
    /// Where that field begins, in bytes from the frame's type, which is at 0.
    pub offset: usize,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The request that the frame carried, as far as it was read; [`Request::NONE`] otherwise.
    pub request: Request,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The frame ends before the field does.
    Short {
        /// Bytes that the field needs from where the frame ends short.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// An integer over [`INTEGER_MAX`](super::INTEGER_MAX).
    IntegerTooLarge(u64),
    /// A string that is not UTF-8.
    NotUtf8,
    /// A payload that is marked as text and is not UTF-8.
    PayloadNotUtf8,
    /// A room's name that cannot be one.
    RoomName(NameFlaw),
    /// A session's name that cannot be one.
    SessionName(NameFlaw),
    /// A range whose last position is before its first, or that begins at 0 and does not end there.
    Backwards,
    /// A frame over the maximum of its type.
    TooLong {
        /// The maximum in bytes, type included.
        max: usize,
    },
}

impl Malformed {
    /// The code with which a server answers such a frame. Whether the session ends is the code's to say.
    pub fn code(&self) -> ErrorCode {
        match self.flaw {
            Flaw::RoomName(_) => ErrorCode::BadName,
            Flaw::PayloadNotUtf8 => ErrorCode::BadText,
            Flaw::TooLong { .. } => ErrorCode::FrameTooLarge,
            Flaw::Short { .. }
            | Flaw::IntegerTooLarge(_)
            | Flaw::NotUtf8
            | Flaw::SessionName(_)
            | Flaw::Backwards => ErrorCode::BadFrame,
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match kind::name(self.frame) {
            Some(name) => f.write_str(name)?,
            None => write!(f, "frame of type 0x{:02X}", self.frame)?,
        }
        write!(f, ", {} at byte {}: {}", self.field, self.offset, self.flaw)
    }
}

impl std::error::Error for Malformed {}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { needed, left } => {
                write!(f, "the frame ends early: {needed} bytes needed, {left} left")
            }
            Self::IntegerTooLarge(number) => write!(f, "{number} is not below 2^53"),
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::PayloadNotUtf8 => f.write_str("marked as text, but not UTF-8"),
            Self::RoomName(flaw) | Self::SessionName(flaw) => flaw.fmt(f),
            Self::Backwards => f.write_str("not a range of positions"),
            Self::TooLong { max } => write!(f, "longer than {max} bytes"),
        }
    }
}

/// Why a value could not be encoded. The buffer is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// The field that does not fit, as the specification names it.
    pub field: &'static str,
    /// What it has: bytes, or the number itself.
    pub has: u64,
    /// The most that it can have.
    pub max: u64,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not fit into its frame: {}, at most {}", self.field, self.has, self.max)
    }
}

impl std::error::Error for Misfit {}
