//! What can go wrong with a session of the load, in words that tell an operator where to look.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::protocol::{ErrorCode, ErrorFrame, Listed};
use crate::tools::failure;
use crate::tools::quantity::bytes;

/// Why a session cannot go on.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No connection.
    Connect(io::Error),
    /// Connected, but nobody answered HELLO and JOIN in time.
    Silent(Duration),
    /// Plain: what was published reached only so many.
    Unheard { hearing: u32, members: u32, waited: Duration },
    /// The relay said no.
    Refused { code: Listed<ErrorCode>, text: String },
    /// The relay ended the membership.
    PutOut,
    /// The relay is stopping.
    GoingAway,
    /// The relay takes no payload of this size.
    TooLarge { max: u32 },
    /// It passes on, or returns, what clients say.
    PassesOn,
    /// What came is not the protocol.
    Undecodable(String),
    /// Plain frames were answered in protocol 1.
    SpeaksProtocol,
    /// What came has no frames of the codec.
    OtherCodec,
    /// The relay closed.
    Closed { greeted: bool, plain: bool },
    /// The connection broke.
    Broken(io::Error),
    /// A receipt is not the one that was due.
    Receipt { expected: Option<u32>, got: u32 },
    /// Receipts that did not come.
    Unreceipted(u64),
}

impl Trouble {
    pub(super) fn refused(error: &ErrorFrame<'_>) -> Self {
        Self::Refused { code: error.code, text: error.text.to_owned() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                write!(f, "{error}: does a relay listen there? `oread relay 127.0.0.1:7001` starts one")
            }
            Self::Connect(error) => write!(f, "{error}{}", failure::remedy(error)),
            Self::Silent(_)
            | Self::Unheard { .. }
            | Self::PassesOn
            | Self::Undecodable(_)
            | Self::SpeaksProtocol
            | Self::OtherCodec => self.misunderstanding(f),
            Self::Refused { code, text } => refused(f, *code, text),
            Self::GoingAway => write!(f, "the relay is stopping: it said GOING_AWAY"),
            Self::PutOut => write!(f, "the relay ended the membership: its log says why"),
            Self::TooLarge { max } => write!(
                f,
                "the relay takes payloads of at most {}: lower --size, or raise the listener's frame.max",
                bytes(u64::from(*max))
            ),
            Self::Closed { greeted: false, plain: false } => {
                write!(
                    f,
                    "closed by the server before an answer: is it a relay, and has it room for so many? Its log says why"
                )
            }
            Self::Closed { plain: true, .. } => write!(
                f,
                "closed by the relay: is it in plain mode, does its codec match --codec, is --size within its frame.max? Its log says why"
            ),
            // Who reads nothing cannot be told of its end by an ERROR.
            Self::Closed { .. } => write!(
                f,
                "closed by the relay: its log says why; a room may end who falls behind (room.when_behind)"
            ),
            Self::Broken(error) => write!(f, "{error}: the relay's log may say why"),
            Self::Receipt { expected: Some(expected), got } => {
                write!(f, "a receipt for request {got} came where {expected} was next")
            }
            Self::Receipt { expected: None, got } => {
                write!(f, "a receipt for request {got} came, and none was owed")
            }
            Self::Unreceipted(count) => write!(f, "{count} receipts had not come when the time was up"),
        }
    }
}

impl Trouble {
    /// Both ends speak, but not the same.
    fn misunderstanding(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(waited) => write!(
                f,
                "no answer to HELLO and JOIN within {}: is this a relay that speaks the protocol? For one in plain mode add --plain",
                humantime::format_duration(*waited)
            ),
            Self::Unheard { hearing, members, waited } => write!(
                f,
                "{hearing} of {members} members heard what was published within {}: is this a plain relay (protocol = \"plain\") with this --codec? \
                 For one that speaks the protocol leave out --plain",
                humantime::format_duration(*waited)
            ),
            Self::PassesOn => write!(
                f,
                "what clients say comes back as they say it: for a relay in plain mode add --plain; for an echo there is `oread bench echo`"
            ),
            Self::Undecodable(what) => {
                write!(
                    f,
                    "{what}: is this a relay that speaks the protocol? For one in plain mode add --plain"
                )
            }
            Self::SpeaksProtocol => write!(f, "this relay speaks the protocol: leave out --plain"),
            Self::OtherCodec => write!(f, "what came has no frames of this --codec: which has the listener?"),
            _ => Ok(()),
        }
    }
}

fn refused(f: &mut fmt::Formatter<'_>, code: Listed<ErrorCode>, text: &str) -> fmt::Result {
    match code.known() {
        Some(code) => write!(f, "the relay refused with {code}")?,
        None => write!(f, "the relay refused with code {}", code.number())?,
    }
    if !text.is_empty() {
        write!(f, " ({text})")?;
    }
    f.write_str(match code.known() {
        Some(ErrorCode::NotPermitted) => {
            ": name a room that relay.join and relay.publish of the listener allow, with --room"
        }
        Some(ErrorCode::RoomFull) => {
            ": fewer --members (publishers and stalled ones count too), or raise the listener's room.members"
        }
        Some(ErrorCode::NoMoreRooms) => ": fewer --rooms, or raise the listener's rooms.max",
        Some(ErrorCode::RateLimited) => ": a lower --rate",
        Some(ErrorCode::BadName) => ": another --room",
        Some(ErrorCode::FellBehind) => {
            ": the room ends members that fall behind (room.when_behind); a lower --rate or --depth"
        }
        _ => "",
    })
}
