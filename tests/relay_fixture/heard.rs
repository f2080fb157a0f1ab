//! What a server says, owned and as plain numbers, so that a test can compare it. Not a test.

use oread::protocol::{
    ErrorCode, GapReason, Listed, Missed, Payload, PresenceEvent, PresenceKind, ServerFrame,
};

use super::Place;

/// A frame of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Welcome { session: u64, max_payload: u32, keepalive_ms: u32, ticket: Vec<u8>, node: String },
    Joined { request: u32, place: Place },
    Left { request: u32, room: u32 },
    Message { room: u32, position: u64, from: u64, text: bool, payload: Vec<u8> },
    Direct { from: u64, text: bool, payload: Vec<u8> },
    Receipt { request: u32, position: u64, members: u32 },
    Presence { room: u32, position: u64, members: u32, kind: PresenceKind, entries: Vec<Entry> },
    Gap { room: u32, first: u64, last: u64, reason: GapReason },
    Error { request: u32, code: ErrorCode, temporary: bool, ends: bool, text: String },
    GoingAway { after_ms: u32, for_ms: u32 },
    Ping([u8; 8]),
    Pong([u8; 8]),
}

/// What PRESENCE says of one session.
pub type Entry = (PresenceEvent, u64, String);

/// Decodes a frame without its length. A server of this version says nothing that this version does not know.
pub fn heard(frame: &[u8]) -> Heard {
    match ServerFrame::decode(frame).unwrap() {
        ServerFrame::Welcome(welcome) => {
            assert_eq!((welcome.version, welcome.flags), (1, 0));
            let (session, max_payload, keepalive_ms) =
                (welcome.session.0, welcome.max_payload, welcome.keepalive_ms);
            let (ticket, node) = (welcome.ticket.to_vec(), welcome.node.to_owned());
            Heard::Welcome { session, max_payload, keepalive_ms, ticket, node }
        }
        ServerFrame::Joined(joined) => {
            let (room, members) = (joined.room.0, joined.members);
            let place = Place { room, epoch: joined.epoch.0, position: joined.position.0, members };
            Heard::Joined { request: joined.request.0, place }
        }
        ServerFrame::Left(left) => Heard::Left { request: left.request.0, room: left.room.0 },
        ServerFrame::Message(message) => {
            let (room, position, from) = (message.room.0, message.position.0, message.from.0);
            let (text, payload) = owned(message.payload);
            Heard::Message { room, position, from, text, payload }
        }
        ServerFrame::Direct(direct) => {
            let (text, payload) = owned(direct.payload);
            Heard::Direct { from: direct.from.0, text, payload }
        }
        ServerFrame::Receipt(receipt) => {
            let (request, position) = (receipt.request.0, receipt.position.0);
            Heard::Receipt { request, position, members: receipt.members }
        }
        ServerFrame::Presence(presence) => {
            let entry = |entry: oread::protocol::Entry<'_>| {
                (entry.event.known().unwrap(), entry.session.0, entry.name.as_str().to_owned())
            };
            let (room, position, members) = (presence.room.0, presence.position.0, presence.members);
            let (kind, entries) = (known(presence.kind), presence.entries.iter().map(entry).collect());
            Heard::Presence { room, position, members, kind, entries }
        }
        ServerFrame::Gap(gap) => {
            let first = gap.missed.map_or(0, |missed| missed.first().0);
            let last = gap.missed.map(Missed::last).map_or(0, |last| last.0);
            Heard::Gap { room: gap.room.0, first, last, reason: known(gap.reason) }
        }
        ServerFrame::Error(error) => Heard::Error {
            request: error.request.0,
            code: known(error.code),
            temporary: error.temporary,
            ends: error.ends_session,
            text: error.text.to_owned(),
        },
        ServerFrame::GoingAway(away) => {
            Heard::GoingAway { after_ms: away.come_back_after_ms, for_ms: away.keep_trying_for_ms }
        }
        ServerFrame::Ping(ping) => Heard::Ping(ping.opaque),
        ServerFrame::Pong(pong) => Heard::Pong(pong.opaque),
        ServerFrame::Unknown { kind } => panic!("a type that is not known: 0x{kind:02X}"),
    }
}

fn owned(payload: Payload<'_>) -> (bool, Vec<u8>) {
    (matches!(payload, Payload::Text(_)), payload.bytes().to_vec())
}

fn known<L: oread::protocol::Numbered>(listed: Listed<L>) -> L {
    listed.known().expect("a number of this version")
}
