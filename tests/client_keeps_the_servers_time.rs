//! Promise: a client of a node that is going away comes back at the time that the node named, tries for as long as it named, and until
//! then the session goes on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use std::time::Duration;

use client_fixture::{LOBBY, disconnected, joined, message, next, options, own};
use oread::client::{Event, Lost};
use oread::protocol::{ErrorCode, Request};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn it_comes_back_in_its_slot_and_not_before() {
    let (mut relay, mut peer, client, mut events) = joined(options(), own(), 0).await;
    peer.going_away(5_000, 60_000).await;
    let said = Instant::now();
    assert!(
        matches!(next(&mut events).await, Event::GoingAway { come_back_after, .. } if come_back_after == Duration::from_secs(5))
    );
    client.publish(LOBBY, "still here").await.unwrap();
    assert_eq!(peer.said().await.1, b"still here");
    peer.message(1).await;
    assert_eq!(message(&mut events).await, 1);

    tokio::time::sleep(Duration::from_secs(2)).await;
    peer.error(Request::NONE, ErrorCode::Draining).await;
    drop(peer);
    let wait = disconnected(&mut events).await;
    assert!(wait > Duration::from_millis(2_990) && wait <= Duration::from_secs(3), "{wait:?}");
    let mut peer = relay.accept().await;
    let back = said.elapsed();
    assert!(back >= Duration::from_secs(5) && back < Duration::from_millis(5_010), "{back:?}");
    assert_eq!(peer.hello().await, b"one");
}

#[tokio::test(start_paused = true)]
async fn it_stops_trying_when_the_node_said_so() {
    let (mut relay, mut peer, _client, mut events) = joined(options(), own(), 0).await;
    peer.going_away(1_000, 4_000).await;
    let said = Instant::now();
    next(&mut events).await;
    drop(peer);
    disconnected(&mut events).await;
    let (last, attempts) = relay.refuse_until_told(&mut events).await;
    assert!(matches!(last, Event::Disconnected { why: Lost::Closed, back_in: None }), "{last:?}");
    assert!(said.elapsed() <= Duration::from_secs(5) && said.elapsed() > Duration::from_secs(3));
    assert!(attempts >= 5, "{attempts}");
    relay.expect_none().await;
}

#[tokio::test(start_paused = true)]
async fn the_time_is_of_one_loss_only() {
    let (mut relay, mut peer, _client, mut events) = joined(options(), own(), 0).await;
    peer.going_away(1_000, 1_000).await;
    next(&mut events).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    peer.join().await;
    next(&mut events).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    drop(peer);
    assert!(disconnected(&mut events).await <= Duration::from_millis(100));
    relay.accept().await;
}
