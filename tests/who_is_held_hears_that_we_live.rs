//! Promise: a session that is not read for a while, since what it sent has to wait, hears a PING now and then: nothing that it asks is answered
//! meanwhile, and it would take the server for dead. What has to wait is published in the end, whole, and waits once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod memory_fixture;
mod relay_fixture;
mod session_fixture;
mod support;

use std::time::Duration;

use memory_fixture::{client, heard_by, relay};
use oread::protocol::{ClientFrame, Join, Request, RoomName};
use oread::relay::Relay;
use oread::settings::{RelaySettings, RoomSettings, WhenBehind};
use relay_fixture::{Heard, bytes, hello, publication};
use session_fixture::{Wire, World, in_virtual_time};

fn join(own: bool) -> Vec<u8> {
    let room = RoomName::new(b"lobby").unwrap();
    let (presence, publish_only, since) = (false, false, None);
    bytes(&ClientFrame::Join(Join { request: Request(1), presence, own, publish_only, room, since }))
}

/// A member that has said this.
fn member(world: &World, relay: &Relay, own: bool, said: &[u8]) -> Wire {
    let joined = [bytes(&ClientFrame::Hello(hello())), join(own)].concat();
    client(world, relay, &[&joined, said].concat())
}

fn messages(number: u32) -> Vec<u8> {
    (0..number).flat_map(|_| bytes(&publication(0, 1, b"said"))).collect()
}

#[test]
fn a_paced_publisher_is_pinged() {
    in_virtual_time(async {
        let (world, relay) = relay(&RelaySettings { publish_rate: 1, ..RelaySettings::default() });
        let wire = member(&world, &relay, false, &messages(200));
        tokio::time::sleep(Duration::from_secs(190)).await;
        let pings = heard_by(&wire).iter().filter(|heard| matches!(heard, Heard::Ping(_))).count();
        assert!((5..=7).contains(&pings), "{pings} times in 190 s, with a keepalive of 30 s");
        assert!(world.stats().relay.published.now() < 200, "it was held all the time");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(world.stats().relay.published.now(), 200);
        assert_eq!(world.ends(), []);
    });
}

#[test]
fn readers_have_their_turn_where_a_log_is_smaller_than_what_is_said_at_once() {
    const SAID: u32 = 1_000;
    in_virtual_time(async {
        let room = RoomSettings { log_messages: 64, ..RoomSettings::default() };
        let (world, relay) = relay(&RelaySettings { room, ..RelaySettings::default() });
        let reader = member(&world, &relay, false, &[]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let publisher = member(&world, &relay, true, &messages(SAID));
        tokio::time::sleep(Duration::from_secs(1)).await;
        for wire in [reader, publisher] {
            let positions = heard_by(&wire).into_iter().filter_map(|heard| match heard {
                Heard::Message { position, .. } => Some(position),
                _ => None,
            });
            assert!(positions.eq(1..=u64::from(SAID)), "who reads misses nothing");
        }
    });
}

#[test]
fn a_long_message_waits_once_for_a_laggard_that_holds_much() {
    in_virtual_time(async {
        let room = RoomSettings {
            log_bytes: 512 << 10,
            when_behind: WhenBehind::Block,
            block_for: Duration::from_secs(10),
            ..RoomSettings::default()
        };
        let (world, relay) = relay(&RelaySettings { room, ..RelaySettings::default() });
        let laggard = member(&world, &relay, false, &[]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        laggard.change(|ends| ends.window = Some(0));
        let short: Vec<u8> = (0..600).flat_map(|_| bytes(&publication(0, 1, &[b's'; 1_000]))).collect();
        let _filling = member(&world, &relay, false, &short);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let filled = world.stats().relay.published.now();
        assert!((1..600).contains(&filled), "the log is full after {filled}");

        // It does not fit before the laggard has made room for it several times over.
        let long = bytes(&publication(7, 1, &vec![b'l'; 120 << 10]));
        let publisher = member(&world, &relay, false, &long);
        tokio::time::sleep(Duration::from_secs(25)).await;
        let receipt = |heard: &Heard| matches!(heard, Heard::Receipt { request: 7, .. });
        assert!(heard_by(&publisher).iter().any(receipt), "it waited for each part of its room");
    });
}
