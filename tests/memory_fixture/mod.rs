//! A relay without sockets, on virtual time: sessions over wires in memory, and what each of their clients heard. Not a test.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(unreachable_pub, reason = "it is a module of each test that uses it")]

use std::sync::Arc;

use oread::relay::{House, Houses, Life, Relay};
use oread::session::Session;
use oread::settings::{Address, ListenerSettings, RelaySettings};

use crate::relay_fixture::{Heard, heard};
use crate::session_fixture::{Wire, World};

/// A relay whose sessions may be silent, and its world.
pub fn relay(settings: &RelaySettings) -> (World, Relay) {
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let mut listener = ListenerSettings::relay("rooms", address, settings.clone());
    listener.limits.idle = std::time::Duration::ZERO;
    let world = World::new(&listener);
    let houses = Arc::new(Houses::new(Life::of_number(1), world.context.process.queued.clone()));
    let relay = Relay::new(House::new(&listener, settings, 1 << 20, &houses));
    (world, relay)
}

/// A client that has said this.
pub fn client(world: &World, relay: &Relay, said: &[u8]) -> Wire {
    let wire = Wire::default();
    wire.change(|ends| ends.incoming.extend(said));
    tokio::spawn(Session::new(wire.clone(), relay, world.context.clone(), world.admit()).unwrap());
    wire
}

/// All that the client at this wire was told.
pub fn heard_by(wire: &Wire) -> Vec<Heard> {
    let written = wire.ends().written.clone();
    let (mut frames, mut rest) = (Vec::new(), &written[..]);
    while let Some((length, body)) = rest.split_first_chunk() {
        let (frame, behind) = body.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(heard(frame));
        rest = behind;
    }
    frames
}
