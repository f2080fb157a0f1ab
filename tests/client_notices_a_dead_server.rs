//! Promise: a client answers PING, pings when nothing comes, and gives up a connection on which nothing comes any more; a program that
//! is slow to take its events is not mistaken for a dead server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use std::time::Duration;

use client_fixture::{LOBBY, Peer, connected, joined, message, next, options, own};
use oread::client::{Event, Lost, Options};
use oread::protocol::{ClientFrame, Ping, Pong, ServerFrame};
use tokio::time::Instant;

async fn expect_ping(peer: &mut Peer) -> [u8; 8] {
    let frame = peer.frame().await.expect("PING");
    match ClientFrame::decode(&frame).unwrap() {
        ClientFrame::Ping(ping) => ping.opaque,
        other => panic!("not PING: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_with_its_own_bytes() {
    let (_relay, mut peer, _client, _events) = connected(options()).await;
    for opaque in [[1; 8], [255; 8]] {
        peer.say(&ServerFrame::Ping(Ping { opaque })).await;
        let frame = peer.frame().await.unwrap();
        assert_eq!(ClientFrame::decode(&frame).unwrap(), ClientFrame::Pong(Pong { opaque }));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_asked_about_and_then_the_connection_is_given_up() {
    let (mut relay, mut peer, _client, mut events) = connected(options()).await;
    let start = Instant::now();
    let opaque = expect_ping(&mut peer).await;
    assert_eq!(start.elapsed().as_secs(), 30);
    peer.say(&ServerFrame::Pong(Pong { opaque })).await;

    expect_ping(&mut peer).await;
    assert_eq!(start.elapsed().as_secs(), 60, "the answer was a sign of life");
    let Event::Disconnected { why, back_in: Some(_) } = next(&mut events).await else { panic!("not a loss") };
    assert_eq!(why, Lost::Silent(Duration::from_secs(45)));
    assert_eq!(start.elapsed().as_secs(), 75);
    assert_eq!(peer.frame().await, None);
    assert_eq!(relay.accept().await.hello().await, b"one");
}

#[tokio::test(start_paused = true)]
async fn anything_heard_is_a_sign_of_life() {
    let (_relay, mut peer, _client, mut events) = joined(options(), own(), 0).await;
    for position in 1..=20 {
        tokio::time::sleep(Duration::from_secs(25)).await;
        peer.message(position).await;
        assert_eq!(message(&mut events).await, position);
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_takes_no_events_keeps_its_connection() {
    let (_relay, mut peer, client, mut events) = joined(Options { events: 4, ..options() }, own(), 0).await;
    peer.messages(1..=10).await;
    let start = Instant::now();
    for _ in 0..4 {
        expect_ping(&mut peer).await;
    }
    assert!(start.elapsed() >= Duration::from_secs(115), "it pings now and then: {:?}", start.elapsed());
    client.publish(LOBBY, "alive").await.unwrap();
    assert_eq!(peer.said().await.1, b"alive");
    for position in 1..=10 {
        assert_eq!(message(&mut events).await, position);
    }
}
