//! What can go wrong: [`Error`] of a request, [`Lost`] of a connection, [`Refusal`] in the server's words.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::{ErrorCode, ErrorFrame, Listed, Malformed, NameFlaw, Numbered};

/// Why something that was asked for was not done, or not known to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The server refused it and the session goes on.
    Refused(Refusal),
    /// The first connection could not be made.
    NotConnected(Lost),
    /// The connection was lost before the answer. What was asked for was not done, or ended with the connection; asking again is safe.
    Disconnected(Lost),
    /// The connection was lost before the receipt: the message may have been delivered or not. The client does not send it again by itself;
    /// who needs to know looks for it among the room's messages (join with `own`).
    UnknownOutcome(Lost),
    /// The client has ended and does not come back.
    Ended(Lost),
    /// The client is not in this room: join it first.
    NotJoined(Arc<str>),
    /// A name that cannot be one.
    BadName(NameFlaw),
    /// A payload longer than the server takes.
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The most, by WELCOME.
        max: usize,
    },
    /// Token, ticket and name together do not fit into HELLO.
    HelloTooLarge {
        /// Bytes that they would make.
        bytes: usize,
        /// The most.
        max: usize,
    },
}

/// Why a connection, or an attempt at one, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The server ended the session and said why.
    Server(Refusal),
    /// The server closed the connection without a word.
    Closed,
    /// The connection closed inside a frame.
    Torn,
    /// An error of the connection, or of making it.
    Io {
        /// Its kind.
        kind: io::ErrorKind,
        /// Its text.
        text: String,
    },
    /// Nothing came for so long, PINGs notwithstanding.
    Silent(Duration),
    /// No connection and WELCOME within this time.
    NoWelcome(Duration),
    /// The server sent what is no frame of the protocol.
    BadFrame(Malformed),
    /// The server announced a frame longer than the client takes.
    FrameTooLarge {
        /// Bytes announced.
        announced: usize,
        /// The most.
        max: usize,
    },
    /// The first frame of the server was not WELCOME, but of this type. Is it a relay that speaks protocol 1?
    NotWelcome(u8),
    /// The program closed its client, or let go of all of it.
    ByProgram,
}

/// An ERROR of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What went wrong.
    pub code: Listed<ErrorCode>,
    /// The same may succeed later.
    pub temporary: bool,
    /// The server's sentence about it.
    pub text: String,
}

impl Refusal {
    pub(super) fn new(frame: &ErrorFrame<'_>) -> Self {
        // Of a code that is known here, the list says what to do; the flags are for those that are not.
        let temporary = frame.code.known().map_or(frame.temporary, ErrorCode::temporary);
        Self { code: frame.code, temporary, text: frame.text.to_owned() }
    }
}

impl Lost {
    /// Whether a client comes back from it by itself. Not from what would be the same again (a bad token), and not from
    /// `replaced` or `kicked`: two would chase each other out, or an operator would not be obeyed.
    pub fn may_come_back(&self) -> bool {
        match self {
            Self::Server(refusal) => refusal.temporary,
            Self::ByProgram => false,
            _ => true,
        }
    }

    pub(super) fn io(error: &io::Error) -> Self {
        Self::Io { kind: error.kind(), text: error.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "refused by the server: {refusal}"),
            Self::NotConnected(lost) => write!(f, "not connected: {lost}"),
            Self::Disconnected(lost) => write!(f, "not done, ask again: {lost}"),
            Self::UnknownOutcome(lost) => {
                write!(f, "unknown outcome, the message may have been delivered or not: {lost}")
            }
            Self::Ended(lost) => write!(f, "the client has ended: {lost}"),
            Self::NotJoined(room) => write!(f, "not in the room {room:?}: join it first"),
            Self::BadName(flaw) => flaw.fmt(f),
            Self::TooLarge { bytes, max } => {
                write!(f, "a payload of {bytes} bytes, the server takes at most {max}")
            }
            Self::HelloTooLarge { bytes, max } => {
                write!(f, "token, ticket and name make a HELLO of {bytes} bytes, the maximum is {max}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(refusal) => write!(f, "the server ended the session: {refusal}"),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Torn => f.write_str("the connection closed inside a frame"),
            Self::Io { text, .. } => write!(f, "connection: {text}"),
            Self::Silent(time) => write!(f, "nothing came from the server for {time:?}"),
            Self::NoWelcome(time) => write!(f, "no connection and WELCOME within {time:?}"),
            Self::BadFrame(malformed) => {
                write!(f, "the server sent a frame that cannot be read: {malformed}")
            }
            Self::FrameTooLarge { announced, max } => {
                write!(f, "the server announced a frame of {announced} bytes, `frame_max` allows {max}")
            }
            Self::NotWelcome(kind) => write!(
                f,
                "the first frame is of type 0x{kind:02X}, not WELCOME: is this a relay that speaks protocol 1?"
            ),
            Self::ByProgram => f.write_str("closed by this program"),
        }
    }
}

impl std::error::Error for Lost {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Listed::Known(code) => f.write_str(code.word())?,
            Listed::Other(number) => write!(f, "error {number}")?,
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}
