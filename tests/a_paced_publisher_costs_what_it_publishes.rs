//! Promise: a session that is held to a publish rate costs what it publishes at each moment, not what it holds. Counted in bytes that are
//! allocated, over a wire in memory, where each turn of the session is this thread's.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counting;
mod session_fixture;

use std::sync::Arc;
use std::time::Duration;

use oread::relay::{House, Houses, Life, Relay};
use oread::session::Session;
use oread::settings::{Address, CodecSettings, LineSettings, ListenerSettings, RelayProtocol, RelaySettings};
use session_fixture::{Wire, World, in_virtual_time};

const LINES: usize = 800;
const LINE: usize = 20;

/// Bytes that are allocated while the second half of a read of lines is published, two at a time.
#[test]
fn a_backlog_is_not_copied_for_each_message() {
    let room = "lobby".to_owned();
    let relay = RelaySettings {
        publish_rate: 40,
        protocol: RelayProtocol::Plain { room },
        ..RelaySettings::default()
    };
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let mut listener = ListenerSettings::relay("rooms", address, relay.clone());
    listener.codec = CodecSettings::Lines(LineSettings::default());
    let allocated = in_virtual_time(async {
        let world = World::new(&listener);
        let houses = Arc::new(Houses::new(Life::of_number(1), world.context.process.queued.clone()));
        let relay = Relay::new(House::new(&listener, &relay, 1 << 20, &houses));
        let wire = Wire::default();
        let line = [vec![b'x'; LINE - 1], vec![b'\n']].concat();
        wire.change(|ends| ends.incoming.extend(line.repeat(LINES)));
        tokio::spawn(Session::new(wire.clone(), &relay, world.context.clone(), world.admit()).unwrap());
        let published = || usize::try_from(world.stats().relay.published.now()).unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (before, first) = (counting::allocated(), published());
        assert!((LINES / 3..=LINES * 2 / 3).contains(&first), "{first} of {LINES}");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(published(), LINES);
        counting::allocated() - before
    });
    let backlog = LINES * LINE;
    // Beside it the log's segments, and the few bytes of each tick's timers. Two at a time are two hundred rounds: to copy what is left in each of
    // them, a quarter of all on average, would be fifty times the backlog.
    assert!(allocated < 8 * backlog, "{allocated} bytes to publish the half of {backlog}");
}
