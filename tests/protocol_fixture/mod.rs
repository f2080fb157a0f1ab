//! Frames of every type, made of random material. Frames borrow what they carry, so that the material is drawn first and
//! every frame is built from it. Not a test.

#![allow(clippy::unwrap_used, dead_code, reason = "each test uses its part")]

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Direct, Entries, Entry, EntryBuffer, Epoch, ErrorFrame, Form, Gap, GoingAway, Hello, Join,
    Joined, Leave, Left, Listed, Message, Missed, Payload, Ping, Pong, Position, Presence, PresenceKind,
    Publish, Receipt, Request, RoomName, RoomNumber, SendTo, ServerFrame, SessionName, Since, Welcome,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// What frames are made of.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) short: u16,
    pub(crate) word: [u32; 3],
    pub(crate) long: [u64; 3],
    pub(crate) flag: [bool; 4],
    pub(crate) opaque: [u8; 8],
    pub(crate) bytes: Vec<u8>,
    pub(crate) token: Vec<u8>,
    pub(crate) text: String,
    pub(crate) room: String,
    pub(crate) name: String,
    pub(crate) entries: EntryBuffer,
}

/// So many cases, and no files of failures: a finding becomes a test with a name.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A u64 that the wire carries, often at an edge.
pub(crate) fn integer() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just((1 << 53) - 1), 0..1_u64 << 53]
}

fn entries() -> impl Strategy<Value = EntryBuffer> {
    vec((any::<u8>(), integer(), "\\PC{0,32}"), 0..6).prop_map(|drawn| {
        let mut entries = EntryBuffer::new(4096);
        for (event, session, name) in drawn {
            let name = SessionName::new(name.as_bytes()).unwrap();
            entries
                .push(&Entry { event: u16::from(event).into(), session: SessionId(session), name })
                .unwrap();
        }
        entries
    })
}

pub(crate) fn material() -> impl Strategy<Value = Material> {
    let numbers = (
        any::<u16>(),
        any::<[u32; 3]>(),
        [integer(), integer(), integer()],
        any::<[bool; 4]>(),
        any::<[u8; 8]>(),
    );
    let strings =
        (vec(any::<u8>(), 0..300), vec(any::<u8>(), 0..300), any::<String>(), "\\PC{1,32}", "\\PC{0,32}");
    (numbers, strings, entries()).prop_map(|(numbers, strings, entries)| {
        let (short, word, long, flag, opaque) = numbers;
        let (bytes, token, mut text, room, name) = strings;
        text.truncate(text.floor_char_boundary(255));
        Material { short, word, long, flag, opaque, bytes, token, text, room, name, entries }
    })
}

impl Material {
    fn request(&self) -> Request {
        Request(self.word[0])
    }

    fn number(&self) -> RoomNumber {
        RoomNumber(self.word[1])
    }

    fn position(&self) -> Position {
        Position(self.long[0])
    }

    fn epoch(&self) -> Epoch {
        Epoch(self.long[1])
    }

    fn session(&self) -> SessionId {
        SessionId(self.long[2])
    }

    pub(crate) fn payload(&self) -> Payload<'_> {
        if self.flag[0] { Payload::Text(&self.text) } else { Payload::Bytes(&self.bytes) }
    }

    /// One frame of each type that a client sends, and one of each kind that only later clients send.
    pub(crate) fn client_frames(&self) -> Vec<ClientFrame<'_>> {
        let (request, room, payload) = (self.request(), self.number(), self.payload());
        let [presence, own, publish_only, from] = self.flag;
        let since = from.then_some(Since { epoch: self.epoch(), after: self.position() });
        let name = RoomName::new(self.room.as_bytes()).unwrap();
        vec![
            ClientFrame::Hello(Hello {
                lowest: self.short,
                highest: self.short.wrapping_add(1),
                flags: self.word[2],
                token: &self.token,
                ticket: &self.bytes,
                name: SessionName::new(self.name.as_bytes()).unwrap(),
            }),
            ClientFrame::Join(Join { request, presence, own, publish_only, room: name, since }),
            ClientFrame::Leave(Leave { request, room }),
            ClientFrame::Publish(Publish { room, request, payload }),
            ClientFrame::Send(SendTo { session: self.session(), request, payload }),
            ClientFrame::Ping(Ping { opaque: self.opaque }),
            ClientFrame::Pong(Pong { opaque: self.opaque }),
            ClientFrame::Unsupported { kind: 0x20 + self.opaque[0] % 32, request },
            ClientFrame::Unknown { kind: 0xA0 },
        ]
    }

    /// One frame of each type that a server sends, and one that only later servers send.
    pub(crate) fn server_frames(&self) -> Vec<ServerFrame<'_>> {
        let [temporary, ends_session, ..] = self.flag;
        let kind: Listed<PresenceKind> = (self.short % 5).into();
        let entries = if kind.known().is_some() { self.entries.entries() } else { Entries::default() };
        let mut frames = self.answers();
        frames.extend([
            ServerFrame::Presence(Presence {
                room: self.number(),
                position: self.position(),
                members: self.word[2],
                kind,
                entries,
            }),
            ServerFrame::Gap(Gap {
                room: self.number(),
                missed: Missed::new(self.position(), Position(self.long[1])),
                reason: (self.short % 256).into(),
            }),
            ServerFrame::Error(ErrorFrame {
                request: self.request(),
                code: self.short.into(),
                temporary,
                ends_session,
                text: &self.text,
            }),
            ServerFrame::GoingAway(GoingAway {
                come_back_after_ms: self.word[0],
                keep_trying_for_ms: self.word[1],
            }),
            ServerFrame::Ping(Ping { opaque: self.opaque }),
            ServerFrame::Pong(Pong { opaque: self.opaque }),
            ServerFrame::Unknown { kind: 0x20 },
        ]);
        frames
    }

    fn answers(&self) -> Vec<ServerFrame<'_>> {
        let (request, room, position) = (self.request(), self.number(), self.position());
        let (from, payload, members) = (self.session(), self.payload(), self.word[2]);
        vec![
            ServerFrame::Welcome(Welcome {
                version: self.short,
                flags: self.word[2],
                session: from,
                max_payload: self.word[0],
                keepalive_ms: self.word[1],
                ticket: &self.token,
                node: &self.text,
            }),
            ServerFrame::Joined(Joined { request, room, epoch: self.epoch(), position, members }),
            ServerFrame::Left(Left { request, room }),
            ServerFrame::Message(Message { room, position, from, payload }),
            ServerFrame::Direct(Direct { from, payload }),
            ServerFrame::Receipt(Receipt { request, position, members }),
        ]
    }

    /// Every frame of both directions, encoded without length, and whether a client sends it.
    pub(crate) fn encoded(&self) -> Vec<(bool, Vec<u8>)> {
        let client = self.client_frames().into_iter().map(|frame| (true, client_bytes(&frame)));
        let server = self.server_frames().into_iter().map(|frame| (false, server_bytes(&frame)));
        client.chain(server).collect()
    }
}

/// The frame without length.
pub(crate) fn client_bytes(frame: &ClientFrame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(Form::Message, &mut out).unwrap();
    out
}

/// The frame without length.
pub(crate) fn server_bytes(frame: &ServerFrame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(Form::Message, &mut out).unwrap();
    out
}
