//! How the load speaks: protocol 1, or plain frames of a codec. Frames are cut here, and what they say is made the same for both. Pure.
//!
//! The library's own client is not used: it queues events, keeps accounts and comes back after a loss, each of which would hide or cost
//! what is measured here. A load needs frames cut in place and nothing else.

use super::letter::{Letter, Stationery};
use super::trouble::Trouble;
use crate::protocol::{
    ClientFrame, Form, Hello, Join, LENGTH_BYTES, Payload, Ping, Pong, Publish, Request, RoomName,
    RoomNumber, ServerFrame, SessionName, VERSION,
};
use crate::tools::wire::Codec;

/// Bytes of a frame that is no message: what a server says of itself is far shorter.
const LONGEST_CONTROL: usize = 64 << 10;

/// What both ends speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// Protocol 1 of `docs/protocol.md`.
    Protocol,
    /// None: each frame of the codec goes to everyone else.
    Plain(Codec),
}

/// What one frame said.
#[derive(Debug)]
pub(super) enum Heard<'a> {
    /// Something published, at its position where there are positions.
    Message { position: Option<u64>, payload: &'a [u8] },
    /// A frame of protocol 1 that is no message.
    Control(ServerFrame<'a>),
}

/// The first frame of some bytes.
#[derive(Debug, PartialEq, Eq)]
enum Cut<'a> {
    Frame {
        frame: &'a [u8],
        rest: &'a [u8],
    },
    Unfinished,
    /// So long that nobody here speaks so.
    TooLong,
}

impl Speech {
    /// The word in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Protocol => "oread",
            Self::Plain(_) => "plain",
        }
    }

    /// What a session says first: who it is and where it wants to be. Nothing without a protocol.
    pub(super) fn greeting(self, room: &str, publishes: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let Ok(room) = RoomName::new(room.as_bytes()) else { return out };
        if self == Self::Protocol {
            let hello = Hello {
                lowest: VERSION,
                highest: VERSION,
                flags: 0,
                token: &[],
                ticket: &[],
                name: SessionName::default(),
            };
            let join = Join {
                request: Request(1),
                presence: false,
                own: false,
                publish_only: publishes,
                room,
                since: None,
            };
            // Both fit: the name was checked, everything else is of fixed length.
            let _ = ClientFrame::Hello(hello).encode(Form::Stream, &mut out);
            let _ = ClientFrame::Join(join).encode(Form::Stream, &mut out);
        }
        out
    }

    /// Appends a message.
    pub(super) fn publish(
        self,
        stationery: &Stationery,
        letter: Letter,
        room: RoomNumber,
        request: Request,
        out: &mut Vec<u8>,
    ) {
        let after = match self {
            Self::Protocol => {
                let payload = Payload::Bytes(stationery.blank());
                let publish = ClientFrame::Publish(Publish { room, request, payload });
                // It fits: the size was held against what WELCOME allows.
                let _ = publish.encode(Form::Stream, out);
                0
            }
            Self::Plain(codec) => {
                if codec == Codec::LengthDelimited {
                    let length = u32::try_from(stationery.size()).unwrap_or(u32::MAX);
                    out.extend_from_slice(&length.to_be_bytes());
                }
                out.extend_from_slice(stationery.blank());
                out.extend_from_slice(if codec == Codec::Lines { b"\n" } else { b"" });
                codec.overhead().1
            }
        };
        let end = out.len() - after;
        stationery.write(letter, &mut out[end - stationery.size()..end]);
    }

    /// Appends the answer to a PING.
    pub(super) fn pong(ping: Ping, out: &mut Vec<u8>) {
        let _ = ClientFrame::Pong(Pong { opaque: ping.opaque }).encode(Form::Stream, out);
    }

    /// Takes all whole frames of `bytes`, each to `each`. Returns how many bytes they were.
    pub(super) fn hear(
        self,
        size: usize,
        bytes: &[u8],
        mut each: impl FnMut(Heard<'_>) -> Result<(), Trouble>,
    ) -> Result<usize, Trouble> {
        let mut left = bytes;
        loop {
            match self.cut(size, left) {
                Cut::Frame { frame, rest } => {
                    left = rest;
                    each(self.read(frame)?)?;
                }
                Cut::Unfinished => return Ok(bytes.len() - left.len()),
                Cut::TooLong => return Err(self.not_spoken(left)),
            }
        }
    }

    fn cut(self, size: usize, bytes: &[u8]) -> Cut<'_> {
        let most = size + LONGEST_CONTROL;
        if self == Self::Plain(Codec::Lines) {
            return match memchr::memchr(b'\n', bytes) {
                Some(at) => Cut::Frame { frame: &bytes[..at], rest: &bytes[at + 1..] },
                None if bytes.len() > most => Cut::TooLong,
                None => Cut::Unfinished,
            };
        }
        let Some((length, behind)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
            return Cut::Unfinished;
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        match behind.split_at_checked(length) {
            _ if length > most => Cut::TooLong,
            Some((frame, rest)) => Cut::Frame { frame, rest },
            None => Cut::Unfinished,
        }
    }

    fn read(self, frame: &[u8]) -> Result<Heard<'_>, Trouble> {
        if let Self::Plain(_) = self {
            // Ours are printable; an ERROR ends in no plain frame, but is one where lengths delimit them.
            if frame.first().is_some_and(|first| *first > 0x7f)
                && matches!(ServerFrame::decode(frame), Ok(ServerFrame::Error(_)))
            {
                return Err(Trouble::SpeaksProtocol);
            }
            return Ok(Heard::Message { position: None, payload: frame });
        }
        match ServerFrame::decode(frame) {
            Ok(ServerFrame::Message(message)) => {
                Ok(Heard::Message { position: Some(message.position.0), payload: message.payload.bytes() })
            }
            // Client's types from a server: HELLO, JOIN, PUBLISH and their like, passed on or echoed.
            Ok(ServerFrame::Unknown { kind: 0x01..=0x05 }) => Err(Trouble::PassesOn),
            Ok(control) => Ok(Heard::Control(control)),
            Err(malformed) => Err(Trouble::Undecodable(malformed.to_string())),
        }
    }

    /// What it may be when bytes are no frames.
    fn not_spoken(self, bytes: &[u8]) -> Trouble {
        match self {
            Self::Protocol => Trouble::Undecodable("what came is no frame of protocol 1".into()),
            Self::Plain(_) if protocol_error(bytes).is_some() => Trouble::SpeaksProtocol,
            Self::Plain(_) => Trouble::OtherCodec,
        }
    }
}

/// The text of an ERROR of protocol 1 with which `bytes` begin, if they do.
pub(super) fn protocol_error(bytes: &[u8]) -> Option<&str> {
    let (length, behind) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let frame = behind.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    match ServerFrame::decode(frame) {
        Ok(ServerFrame::Error(error)) => Some(error.text),
        _ => None,
    }
}
