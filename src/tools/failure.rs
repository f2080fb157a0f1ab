//! What can go wrong on a connection, in words that tell an operator where to look. One enum; the same words in text and JSON.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::tools::wire::Difference;

/// Why a connection, or a frame on it, failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection.
    Connect(io::Error),
    /// Connected, but the first frame did not come back in time.
    Silent(Duration),
    /// A byte came back changed.
    Mismatch { difference: Difference, frame_len: u64 },
    /// More came back than was sent.
    Surplus { offset: u64 },
    /// The server closed with frames unanswered or owed, having answered so many before.
    Closed { missing: u64, answered: u64 },
    /// The connection broke, after so many answers.
    Broken { error: io::Error, missing: u64, answered: u64 },
    /// The load ended and these frames had not come back after the timeout.
    Lost { missing: u64 },
}

impl Failure {
    /// The word in the JSON report.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Connect(_) | Self::Silent(_) => Kind::Unconnected,
            Self::Mismatch { .. } | Self::Surplus { .. } => Kind::Corrupted,
            Self::Closed { .. } => Kind::Closed,
            Self::Broken { .. } => Kind::Reset,
            Self::Lost { .. } => Kind::Lost,
        }
    }

    /// Frames that were sent and did not come back.
    pub(crate) fn missing(&self) -> u64 {
        match self {
            Self::Closed { missing, .. } | Self::Broken { missing, .. } | Self::Lost { missing } => *missing,
            _ => 0,
        }
    }
}

/// The closed list of failures, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unconnected,
    Corrupted,
    Closed,
    Reset,
    Lost,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "{error}{}", remedy(error)),
            Self::Silent(waited) => write!(
                f,
                "connected, but the first frame did not come back within {}: is it an echo with this --codec and --size?",
                humantime::format_duration(*waited)
            ),
            Self::Mismatch { difference: Difference { offset, sent, found }, frame_len } => write!(
                f,
                "corrupted: byte {offset} of the stream (frame {}, its byte {}) was sent as 0x{sent:02x} and came back as 0x{found:02x}{}",
                offset / frame_len,
                offset % frame_len,
                if *offset == 0 { ": is this an echo with this --codec?" } else { "" }
            ),
            Self::Surplus { offset } => {
                write!(f, "corrupted: more came back than the {offset} bytes that were sent")
            }
            Self::Closed { missing, answered } => {
                write!(f, "closed by the server with {} unanswered{}", frames(*missing), suspicion(*answered))
            }
            Self::Broken { error, missing, answered } => {
                write!(f, "{error}, {} unanswered{}", frames(*missing), suspicion(*answered))
            }
            Self::Lost { missing } => {
                write!(f, "{} had not come back when the time was up", frames(*missing))
            }
        }
    }
}

/// What to look at when a server takes frames and answers none. One that has `answered` any speaks our codec.
pub(crate) fn suspicion(answered: u64) -> &'static str {
    match answered {
        0 => ": does its codec match --codec, is --size within its frame.max? Its log says why",
        _ => "",
    }
}

fn frames(count: u64) -> String {
    format!("{count} frame{}", if count == 1 { "" } else { "s" })
}

/// What to look at when there is no connection.
pub(crate) fn remedy(error: &io::Error) -> &'static str {
    use io::ErrorKind::{
        AddrInUse, AddrNotAvailable, ConnectionRefused, NotFound, PermissionDenied, TimedOut,
    };
    match error.kind() {
        ConnectionRefused => ": does a server listen there? `oread` starts one on 127.0.0.1:7000",
        NotFound => ": no such socket: is the path right and the server running?",
        PermissionDenied => ": the socket's permissions do not let this user in",
        TimedOut => ": nothing answered: check the address, routes and firewalls",
        AddrNotAvailable | AddrInUse => {
            ": this host is out of local ports: fewer connections, or wait a minute"
        }
        _ => "",
    }
}
