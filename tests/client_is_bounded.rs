//! Promise: whatever waits in a client is bounded: events that are not taken stop its reading, requests that are not sent or answered
//! make the caller wait, and no claim of a server reserves memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use std::time::Duration;

use client_fixture::{LOBBY, bytes, joined, message, next, options, own, says};
use oread::client::{Error, Event, Lost, Options};
use oread::protocol::Position;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// Bytes that pipes and buffers between the server and the queue of events hold: the pipe, one read, and one frame.
const ON_THE_WAY: usize = (1 << 16) + 2 * (16 << 10);

#[tokio::test(start_paused = true)]
async fn events_that_are_not_taken_stop_the_reading_and_none_is_lost() {
    let (_relay, mut peer, client, mut events) = joined(Options { events: 8, ..options() }, own(), 0).await;
    let frame = bytes(&says(1, "0123456789")).len();
    let total = 10 * (ON_THE_WAY / frame) as u64;
    let mut said = 0;
    while timeout(Duration::from_secs(1), peer.0.write_all(&bytes(&says(said + 1, "0123456789"))))
        .await
        .is_ok()
    {
        said += 1;
        assert!(said < total, "nothing stops the server");
    }
    let arrived = client.room(LOBBY).unwrap().received;
    assert!((8..=9).contains(&arrived), "{arrived}");
    assert!(said * (frame as u64) <= (ON_THE_WAY + 9 * frame) as u64, "{said} messages on the way");
    for position in 1..=said {
        assert_eq!(message(&mut events).await, position);
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_bounded_in_bytes_too() {
    let few = Options { event_bytes: 10_000, ..options() };
    let (_relay, mut peer, client, mut events) = joined(few, own(), 0).await;
    let text = "x".repeat(4_000);
    for position in 1..=10 {
        peer.say(&says(position, &text)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.room(LOBBY).unwrap().received, 3, "the first two fit, the third goes over");
    for position in 1..=10 {
        assert_eq!(message(&mut events).await, position);
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_nobody_wants_are_let_go() {
    let (_relay, mut peer, client, events) = joined(Options { events: 2, ..options() }, own(), 0).await;
    drop(events);
    peer.messages(1..=5_000).await;
    while client.room(LOBBY).unwrap().position < Position(5_000) {
        tokio::task::yield_now().await;
    }
    let receipt = client.publish_for_receipt(LOBBY, "hi").await.unwrap();
    let (request, _) = peer.said().await;
    peer.receipt(request, 5_001).await;
    assert_eq!(receipt.await.unwrap().position, Position(5_001));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_makes_publishers_wait() {
    let few = Options { requests: 4, ..options() };
    let (_relay, mut peer, client, _events) = joined(few, own(), 0).await;
    let payload = vec![7; 1000];
    let mut said = 0;
    while timeout(Duration::from_secs(1), client.publish(LOBBY, payload.clone())).await.is_ok() {
        said += 1;
        assert!(said < 1_000, "nothing stops the publisher");
    }
    assert!(said >= 64, "{said}");
    // What was accepted arrives once the server reads, in order and whole; the call that was given up does not.
    for _ in 0..said {
        assert_eq!(peer.said().await.1, payload);
    }
    assert!(timeout(Duration::from_secs(1), peer.frame()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn requests_are_bounded_in_bytes_too() {
    let few = Options { request_bytes: 2_500, ..options() };
    let (mut relay, peer, client, mut events) = joined(few, own(), 0).await;
    drop(peer);
    client_fixture::disconnected(&mut events).await;
    for _ in 0..2 {
        client.publish(LOBBY, vec![7; 1000]).await.unwrap();
    }
    let third = timeout(Duration::from_millis(10), client.publish(LOBBY, vec![7; 1000])).await;
    assert!(third.is_err(), "there is no space for a third");
    client.publish(LOBBY, vec![7; 100]).await.unwrap();
    relay.accept().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_is_asked_than_may_be_outstanding() {
    let (_relay, mut peer, client, _events) = joined(Options { outstanding: 2, ..options() }, own(), 0).await;
    let mut receipts = Vec::new();
    for _ in 0..3 {
        receipts.push(client.publish_for_receipt(LOBBY, "hi").await.unwrap());
    }
    let (first, _) = peer.said().await;
    peer.said().await;
    assert!(timeout(Duration::from_secs(1), peer.frame()).await.is_err(), "the third waits for an answer");
    peer.receipt(first, 1).await;
    peer.said().await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_longer_than_may_be_ends_the_connection_at_its_length() {
    let (_relay, mut peer, _client, mut events) = joined(options(), own(), 0).await;
    peer.0.write_u32(u32::MAX).await.unwrap();
    let Event::Disconnected { why, .. } = next(&mut events).await else { panic!("not a loss") };
    assert_eq!(why, Lost::FrameTooLarge { announced: u32::MAX as usize, max: 8192 + 22 });
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_ends_the_connection_with_its_place() {
    let (_relay, mut peer, client, mut events) = joined(options(), own(), 0).await;
    let receipt = client.publish_for_receipt(LOBBY, "hi").await.unwrap();
    peer.said().await;
    peer.0.write_all(&[0, 0, 0, 3, 0x84, 0, 0]).await.unwrap();
    let Event::Disconnected { why, back_in: Some(_) } = next(&mut events).await else { panic!("not a loss") };
    assert!(why.to_string().contains("MESSAGE, room at byte 2"), "{why}");
    assert!(matches!(receipt.await, Err(Error::UnknownOutcome(Lost::BadFrame(_)))));
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_events_is_not_connected_again() {
    let (mut relay, mut peer, _client, mut events) =
        joined(Options { events: 4, ..options() }, own(), 0).await;
    peer.messages(1..=3).await;
    drop(peer);
    // Three messages and the loss are four events. More connections would only make more of them.
    relay.expect_none().await;
    assert_eq!(message(&mut events).await, 1);
    assert_eq!(relay.accept().await.hello().await, b"one");
}
