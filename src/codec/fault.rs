//! What can be wrong with a frame, and what a stream that makes no sense probably is.

use std::fmt;

use super::{Codec, length_delimited};
use crate::reason::CloseReason;

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// Longer than the listener's maximum.
    TooLarge {
        /// The payload length announced, or reached by a line.
        announced: u64,
        /// The maximum.
        max: u64,
    },
    /// A length that includes its header is shorter than it.
    BadLength {
        /// The length announced.
        announced: u64,
        /// Bytes of the header.
        header: u64,
    },
    /// A payload to be sent as a line has a line feed in it.
    LineFeed,
}

impl FrameFault {
    /// The reason with which a session that received such a frame ends.
    pub fn close_reason(self) -> CloseReason {
        match self {
            Self::TooLarge { .. } => CloseReason::FrameTooLarge,
            Self::BadLength { .. } | Self::LineFeed => CloseReason::BadLength,
        }
    }
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { announced, max } => {
                write!(f, "frame of {announced} bytes, the maximum is {max}")
            }
            Self::BadLength { announced, header } => {
                write!(f, "length {announced} is less than the {header} bytes of the header that it includes")
            }
            Self::LineFeed => f.write_str("a line cannot hold a line feed"),
        }
    }
}

impl std::error::Error for FrameFault {}

/// What a stream probably is when its first length makes no sense: a hint for the log, never a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A TLS record (RFC 8446, 5.1): a client that expects TLS on a plain port.
    Tls,
    /// An HTTP request.
    Http,
    /// The length would be plausible in the other byte order.
    ByteOrder,
    /// Text, such as a person types.
    Text,
}

impl Suspicion {
    /// Looks at the first bytes of the frame at fault.
    pub fn of(codec: &Codec, start: &[u8]) -> Option<Self> {
        if matches!(start, [0x14..=0x17, 0x03, 0x00..=0x04, ..]) {
            return Some(Self::Tls);
        }
        if [&b"GET "[..], b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"CONN", b"PATC", b"PRI "]
            .iter()
            .any(|m| start.starts_with(m))
        {
            return Some(Self::Http);
        }
        let Codec::LengthDelimited(rules) = codec else { return None };
        let field = start.get(usize::from(rules.length_offset)..rules.header_len())?;
        let swapped = length_delimited::length_of(!rules.big_endian, field);
        let plausible = field.len() > 1 && length_delimited::payload_len(rules, swapped).is_ok();
        if plausible {
            return Some(Self::ByteOrder);
        }
        let text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        (start.len() >= 4 && start.iter().all(text)).then_some(Self::Text)
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "this looks like TLS: the client expects TLS, the listener is plain",
            Self::Http => "this looks like HTTP: the client expects a web server, the listener speaks frames",
            Self::ByteOrder => {
                "the length fits in the other byte order: compare the client's with frame.byte_order"
            }
            Self::Text => {
                "this looks like text: the listener wants a length before each frame; codec = \"lines\" takes lines"
            }
        })
    }
}
