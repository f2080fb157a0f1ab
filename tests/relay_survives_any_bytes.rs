//! Promise: whatever bytes clients send, and whatever well-formed frames in whatever order, no session panics, everything is given back, and
//! those who behave are served meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::io::{Read, Write};
use std::time::Duration;

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, Join, Leave, Payload, Ping, Pong, Position, Publish, Request, RoomName, RoomNumber,
    SendTo, Since,
};
use oread::settings::WhenBehind;
use relay_fixture::{Client, OWN, assert_settles, bytes, hello, relay_on};
use support::frame;

/// Numbers that look random and are the same each time (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.roll().to_le_bytes()[3]).collect()
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(6)).unwrap()
    }
}

const NAMES: [&str; 5] = ["lobby", "a", "b", "é", "block"];

/// A frame, mostly one that means something to the daemon.
fn any_frame(dice: &mut Dice, out: &mut Vec<u8>) {
    let (request, room) = (Request(dice.small()), RoomNumber(dice.small()));
    let payload = dice.bytes(40);
    let payload = Payload::Bytes(&payload);
    let name = NAMES[usize::try_from(dice.below(5)).unwrap()];
    let epoch = if dice.below(2) == 0 { 0 } else { dice.below(1 << 53) };
    let since = Since { epoch: Epoch(epoch), after: Position(u64::from(dice.small())) };
    let flags = dice.roll();
    let whole = match dice.below(12) {
        0..=2 => ClientFrame::Join(Join {
            request,
            presence: flags & 1 > 0,
            own: flags & 2 > 0,
            publish_only: flags & 0x0c == 0x0c,
            room: RoomName::new(name.as_bytes()).unwrap(),
            since: (flags & 16 > 0).then_some(since),
        }),
        3 => ClientFrame::Leave(Leave { request, room }),
        4..=7 => ClientFrame::Publish(Publish { room, request, payload }),
        8 => ClientFrame::Send(SendTo { session: SessionId(dice.small().into()), request, payload }),
        9 => ClientFrame::Ping(Ping { opaque: flags.to_be_bytes() }),
        10 => ClientFrame::Pong(Pong { opaque: flags.to_be_bytes() }),
        _ => ClientFrame::Unsupported { kind: 0x20 + (flags.to_le_bytes()[0] & 0x1f), request },
    };
    out.extend(bytes(&whole));
}

/// What one client says from its first byte to its last.
fn speech(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    if dice.below(8) > 0 {
        out.extend(bytes(&ClientFrame::Hello(hello())));
    }
    for _ in 0..dice.below(300) {
        match dice.below(200) {
            // A frame of any bytes, or no frame at all.
            0 => out.extend(frame(&dice.bytes(60))),
            1 => out.extend(dice.bytes(60)),
            2 => out.extend(bytes(&ClientFrame::Hello(hello()))),
            // A whole frame with a byte changed behind its length.
            3 => {
                let start = out.len() + 4;
                any_frame(dice, &mut out);
                let place = start + usize::try_from(dice.below((out.len() - start) as u64)).unwrap();
                out[place] ^= dice.roll().to_le_bytes()[5];
            }
            _ => any_frame(dice, &mut out),
        }
    }
    out
}

#[test]
fn no_speech_ends_more_than_its_session() {
    const CLIENTS: u64 = 400;
    let daemon = relay_on(
        |listener| listener.limits.sessions = 64,
        |relay| {
            relay.room.linger = Duration::ZERO;
            relay.room.log_messages = 64;
            relay.rooms_max = 4;
            let block = oread::settings::RoomSettings {
                when_behind: WhenBehind::Block,
                block_for: Duration::from_millis(100),
                ..relay.room
            };
            relay.rooms = vec![(oread::settings::NamePattern::new("block"), block)];
        },
    );
    let (mut ada, place) = Client::in_room(&daemon, "witness", OWN);
    for seed in 1..=CLIENTS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut client = Client::connect(&daemon);
        let speech = speech(&mut dice);
        // The daemon may have closed before it heard all.
        for part in speech.chunks(1 + usize::try_from(dice.below(700)).unwrap()) {
            if client.wire.0.write_all(part).is_err() {
                break;
            }
        }
        if dice.below(2) == 0 {
            let _ = client.wire.0.shutdown(std::net::Shutdown::Write);
            let _ = client.wire.0.read_to_end(&mut Vec::new());
        }
        drop(client);
        ada.publish(0, place.room, &seed.to_be_bytes());
        assert_eq!(ada.message(), (seed, seed.to_be_bytes().to_vec()), "after seed {seed}");
        assert_eq!(daemon.metrics().closed("panicked"), 0, "seed {seed}");
    }
    ada.expect_life();
    drop(ada);
    let metrics = assert_settles(&daemon);
    assert!(metrics.closed("bad_frame") > 0 && metrics.closed("peer_closed") > 0);
    daemon.until("rooms are given up", |metrics| {
        metrics.sum("oread_rooms", &[]) == 0 && metrics.sum("oread_room_log_bytes", &[]) == 0
    });
}
