//! Promise: a client that lost its connection resumes its session, joins its rooms from where it was, and hears nothing twice and misses
//! nothing unannounced; what was asked and not answered ends with a clear error, and nothing is said a second time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use std::time::Duration;

use client_fixture::{EPOCH, LOBBY, connected, disconnected, joined, message, next, options, own, relay};
use oread::client::{Client, Error, Event, JoinOptions, Lost, Options};
use oread::peer::SessionId;
use oread::protocol::{Epoch, ErrorCode, GapReason, Listed, Missed, Position, Request, Since};
use tokio::time::Instant;

fn since(epoch: Epoch, after: u64) -> Since {
    Since { epoch, after: Position(after) }
}

#[tokio::test(start_paused = true)]
async fn it_resumes_and_joins_again_from_the_last_position() {
    let (mut relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
    peer.messages(11..=13).await;
    drop(peer);
    for position in 11..=13 {
        assert_eq!(message(&mut events).await, position);
    }
    disconnected(&mut events).await;

    let mut peer = relay.accept().await;
    assert_eq!(peer.hello().await, b"one");
    peer.welcome(1, b"two").await;
    let (request, room, from) = peer.join().await;
    assert_eq!((room.as_str(), from), (LOBBY, Some(since(EPOCH, 13))));
    peer.joined(request, EPOCH, 20).await;
    peer.gap(14, 15, GapReason::NotKept).await;
    peer.messages(16..=21).await;

    assert!(matches!(next(&mut events).await, Event::Resumed(welcome) if welcome.session == SessionId(1)));
    assert!(matches!(next(&mut events).await, Event::Joined(member) if member.position == Position(20)));
    let missed = Missed::new(Position(14), Position(15));
    assert!(matches!(next(&mut events).await, Event::Gap { missed: m, .. } if m == missed));
    for position in 16..=21 {
        assert_eq!(message(&mut events).await, position);
    }
    let room = client.room(LOBBY).unwrap();
    assert_eq!((room.received, room.missing, room.skipped, room.duplicates), (9, 2, 0, 0));
    assert_eq!((room.position, room.unexplained()), (Position(21), 0));

    drop(peer);
    assert_eq!(relay.accept().await.hello().await, b"two", "each WELCOME has the next ticket");
}

#[tokio::test(start_paused = true)]
async fn what_comes_twice_is_dropped_and_counted() {
    let (_relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
    peer.messages(11..=12).await;
    peer.message(12).await;
    peer.message(3).await;
    peer.gap(11, 12, GapReason::Behind).await;
    peer.message(13).await;
    for position in 11..=13 {
        assert_eq!(message(&mut events).await, position);
    }
    assert_eq!(client.room(LOBBY).unwrap().duplicates, 3);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_nothing_explains_is_seen() {
    let (_relay, mut peer, client, mut events) = joined(options(), JoinOptions::default(), 0).await;
    client.publish(LOBBY, "mine").await.unwrap();
    peer.said().await;
    peer.message(2).await; // 1 was its own
    message(&mut events).await;
    assert_eq!(client.room(LOBBY).unwrap().unexplained(), 0);
    peer.message(4).await; // 3 was nobody's
    message(&mut events).await;
    let room = client.room(LOBBY).unwrap();
    assert_eq!((room.skipped, room.unexplained()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_began_anew_is_a_gap_without_numbers() {
    let (mut relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
    peer.message(11).await;
    message(&mut events).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    let (request, _, from) = peer.join().await;
    assert_eq!(from, Some(since(EPOCH, 11)));
    peer.joined(request, Epoch(100), 3).await;
    peer.gap(0, 0, GapReason::AnotherEpoch).await;
    peer.message(4).await;
    next(&mut events).await;
    assert!(matches!(next(&mut events).await, Event::Joined(member) if member.epoch == Epoch(100)));
    let anew = Listed::Known(GapReason::AnotherEpoch);
    assert!(matches!(next(&mut events).await, Event::Gap { missed: None, reason, .. } if reason == anew));
    assert_eq!(message(&mut events).await, 4);
    let room = client.room(LOBBY).unwrap();
    assert_eq!((room.epoch, room.uncounted, room.unexplained()), (Epoch(100), 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_not_resumed_is_a_new_one() {
    let (mut relay, peer, client, mut events) = joined(options(), own(), 10).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(2, b"").await;
    assert!(matches!(next(&mut events).await, Event::Connected(welcome) if welcome.session == SessionId(2)));
    assert_eq!((client.session(), client.ticket()), (Some(SessionId(2)), Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn requests_without_an_answer_end_with_the_connection() {
    let (mut relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
    let receipt = client.publish_for_receipt(LOBBY, "once").await.unwrap();
    let direct = client.send_for_receipt(SessionId(5), "once").await.unwrap();
    let other = client.clone();
    let join = tokio::spawn(async move { other.join("other", own()).await });
    for _ in 0..3 {
        peer.frame().await;
    }
    drop(peer);
    assert_eq!(receipt.await, Err(Error::UnknownOutcome(Lost::Closed)));
    assert_eq!(direct.await, Err(Error::UnknownOutcome(Lost::Closed)));
    assert_eq!(join.await.unwrap(), Err(Error::Disconnected(Lost::Closed)));
    disconnected(&mut events).await;

    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    let (request, room, _) = peer.join().await;
    assert_eq!(room, LOBBY);
    peer.joined(request, EPOCH, 10).await;
    client.publish(LOBBY, "next").await.unwrap();
    assert_eq!(peer.said().await.1, b"next", "neither message nor join is sent again");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_meanwhile_waits_until_every_room_is_back() {
    let (mut relay, peer, client, mut events) = joined(options(), own(), 10).await;
    drop(peer);
    disconnected(&mut events).await;
    let receipt = client.publish_for_receipt(LOBBY, "patient").await.unwrap();
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    let (request, _, _) = peer.join().await;
    // Until JOINED nothing else may come: the room has no number yet.
    tokio::time::sleep(Duration::from_secs(5)).await;
    peer.joined(request, EPOCH, 10).await;
    let (request, payload) = peer.said().await;
    assert_eq!(payload, b"patient");
    peer.receipt(request, 11).await;
    assert_eq!(receipt.await.unwrap().position, Position(11));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_cannot_be_joined_again_is_left() {
    let (mut relay, peer, client, mut events) = joined(options(), own(), 10).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    let (request, _, _) = peer.join().await;
    peer.error(request, ErrorCode::RoomFull).await;
    next(&mut events).await;
    assert!(matches!(next(&mut events).await, Event::Left { why: Some(Error::Refused(_)), .. }));
    assert_eq!(client.publish(LOBBY, "hi").await, Err(Error::NotJoined(LOBBY.into())));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_was_being_left_is_not_joined_again() {
    let (mut relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
    let left = tokio::spawn(async move { (client.leave(LOBBY).await, client) });
    peer.frame().await;
    drop(peer);
    let (left, client) = left.await.unwrap();
    assert_eq!(left, Ok(()));
    assert!(matches!(next(&mut events).await, Event::Left { why: None, .. }));
    disconnected(&mut events).await;
    let mut peer = relay.accept().await;
    peer.hello().await;
    peer.welcome(1, b"two").await;
    let join = tokio::spawn(async move { client.join("other", own()).await });
    assert_eq!(peer.join().await.1, "other");
    drop(peer);
    assert!(join.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_cut_at_any_byte_of_what_comes_costs_nothing() {
    let mut stream = Vec::new();
    for position in 11..=14 {
        stream.extend(client_fixture::bytes(&client_fixture::says(position, "hi")));
    }
    for cut in 0..=stream.len() {
        let (mut relay, mut peer, client, mut events) = joined(options(), own(), 10).await;
        tokio::io::AsyncWriteExt::write_all(&mut peer.0, &stream[..cut]).await.unwrap();
        drop(peer);
        let mut peer = relay.accept().await;
        peer.hello().await;
        peer.welcome(1, b"two").await;
        let (request, _, from) = peer.join().await;
        peer.joined(request, EPOCH, 14).await;
        peer.messages(from.unwrap().after.0 + 1..=14).await;
        let mut heard = Vec::new();
        while heard.len() < 4 {
            if let Event::Message(message) = next(&mut events).await {
                heard.push(message.position.0);
            }
        }
        assert_eq!(heard, [11, 12, 13, 14], "cut at byte {cut}");
        assert_eq!(client.room(LOBBY).unwrap().duplicates, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_are_further_and_further_apart_and_the_same_for_a_seed() {
    let attempts = || async {
        let (relay, mut peer, _client, mut events) = connected(options()).await;
        peer.error(Request::NONE, ErrorCode::FellBehind).await;
        let start = Instant::now();
        disconnected(&mut events).await;
        let mut relay = relay;
        let mut at = Vec::new();
        for _ in 0..8 {
            drop(relay.accept().await);
            at.push(start.elapsed());
        }
        at
    };
    let (one, two) = (attempts().await, attempts().await);
    assert_eq!(one, two);
    let waits: Vec<_> = one.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    assert!(one[0] <= Duration::from_millis(101) && one[0] >= Duration::from_millis(50), "{one:?}");
    assert!(waits[6] >= Duration::from_millis(500) && waits[6] <= Duration::from_millis(1001), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_when_it_was_told_to() {
    let mut choice = options();
    choice.retry.give_up_after = Some(Duration::from_secs(3));
    let (mut relay, peer, client, mut events) = connected(choice).await;
    drop(peer);
    disconnected(&mut events).await;
    let (last, attempts) = relay.refuse_until_told(&mut events).await;
    assert!(matches!(last, Event::Disconnected { back_in: None, .. }), "{last:?}");
    assert!(attempts >= 5, "{attempts}");
    assert_eq!(events.next().await, None);
    assert!(matches!(client.join(LOBBY, own()).await, Err(Error::Ended(_))));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_restarts_comes_back_with_its_ticket() {
    let (mut relay, connect) = relay(1 << 16);
    let options = Options { ticket: b"kept".to_vec(), ..options() };
    let place = Since { epoch: EPOCH, after: Position(5) };
    let server = async {
        let mut peer = relay.accept().await;
        assert_eq!(peer.hello().await, b"kept");
        peer.welcome(1, b"one").await;
        let (request, _, from) = peer.join().await;
        assert_eq!(from, Some(place));
        peer.joined(request, EPOCH, 6).await;
        peer.message(6).await;
        peer
    };
    let program = async {
        let (client, mut events) = Client::connect(connect, options).await.unwrap();
        client.join(LOBBY, JoinOptions { since: Some(place), ..own() }).await.unwrap();
        next(&mut events).await;
        next(&mut events).await;
        assert_eq!(message(&mut events).await, 6);
        assert_eq!(client.room(LOBBY).unwrap().received, 1);
    };
    tokio::join!(server, program);
}
