//! Promise: where frames have no borders, nothing is left out of the middle of what a member is sent: one that falls behind is ended instead, also
//! where the room only made publishers wait for it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::sync::Arc;
use std::time::Duration;

use oread::reason::CloseReason;
use oread::relay::{House, Houses, Life, Relay};
use oread::session::Session;
use oread::settings::{
    Address, CodecSettings, ListenerSettings, RelayProtocol, RelaySettings, RoomSettings, WhenBehind,
};
use session_fixture::{Wire, World, in_virtual_time};
use tokio::task::JoinHandle;

fn start(world: &World, relay: &Relay, wire: &Wire) -> JoinHandle<()> {
    tokio::spawn(Session::new(wire.clone(), relay, world.context.clone(), world.admit()).unwrap())
}

#[test]
fn a_member_that_publishers_no_longer_wait_for_is_ended() {
    let room = RoomSettings {
        log_bytes: 64 << 10,
        when_behind: WhenBehind::Block,
        block_for: Duration::from_millis(100),
        ..RoomSettings::default()
    };
    let protocol = RelayProtocol::Plain { room: "lobby".into() };
    let settings = RelaySettings { protocol, room, ..RelaySettings::default() };
    let mut listener =
        ListenerSettings::relay("rooms", Address::Tcp(([127, 0, 0, 1], 0).into()), settings.clone());
    listener.codec = CodecSettings::Bytes;
    in_virtual_time(async {
        let world = World::new(&listener);
        let houses = Arc::new(Houses::new(Life::of_number(1), world.context.process.queued.clone()));
        let relay = Relay::new(House::new(&listener, &settings, u64::MAX, &houses));
        let (laggard, publisher) = (Wire::default(), Wire::default());
        laggard.change(|ends| ends.window = Some(10));
        let member = start(&world, &relay, &laggard);
        let _publishing = start(&world, &relay, &publisher);
        let said: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
        publisher.change(|ends| ends.incoming.extend(&said));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(publisher.ends().incoming.is_empty(), "nobody waits for it any more");
        assert!(!member.is_finished(), "it has not missed anything yet, as far as it knows");

        laggard.change(|ends| ends.window = None);
        tokio::time::timeout(Duration::from_secs(2), member).await.expect("it is ended").unwrap();
        assert_eq!(world.ends(), [CloseReason::FellBehind]);
        let heard = laggard.ends().written.clone();
        assert!(heard.len() > 10 && said.starts_with(&heard), "{} bytes, and a hole", heard.len());
    });
}
