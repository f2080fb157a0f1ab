//! Promise: a client is welcomed, joins, says and hears: each call ends with the server's answer, and each frame is an event, however the bytes come.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client_fixture;

use client_fixture::{EPOCH, LOBBY, MAX_PAYLOAD, ROOM, bytes, connected, joined, message, next, own, says};
use oread::client::{Client, Content, Error, Event, JoinOptions, Lost, Options};
use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Direct, EntryBuffer, ErrorCode, Gap, GapReason, Joined, Left, Listed, Missed, Payload,
    Position, Presence, PresenceEvent, PresenceKind, Request, ServerFrame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(start_paused = true)]
async fn receipts_come_to_those_who_asked_in_any_order() {
    let (_relay, mut peer, client, _events) = joined(client_fixture::options(), own(), 41).await;
    let first = client.publish_for_receipt(LOBBY, "one").await.unwrap();
    let second = client.publish_for_receipt(LOBBY, "two").await.unwrap();
    client.publish(LOBBY, &b"three"[..]).await.unwrap();

    let (one, payload) = peer.said().await;
    assert_eq!(payload, b"one");
    let (two, payload) = peer.said().await;
    assert_eq!(payload, b"two");
    assert_eq!(peer.said().await, (Request::NONE, b"three".to_vec()));
    assert!(one != two && one != Request::NONE && two != Request::NONE);

    peer.receipt(two, 43).await;
    peer.receipt(one, 42).await;
    assert_eq!(second.await.unwrap().position, Position(43));
    assert_eq!(first.await.unwrap().position, Position(42));
    assert_eq!(client.room(LOBBY).unwrap().published, 3);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_refuses_ends_as_refused_and_the_session_goes_on() {
    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    let refused = |code: ErrorCode| move |error: &Error| matches!(error, Error::Refused(refusal) if refusal.code == Listed::Known(code));

    let receipt = client.publish_for_receipt(LOBBY, "hi").await.unwrap();
    let (request, _) = peer.said().await;
    peer.error(request, ErrorCode::RateLimited).await;
    assert!(refused(ErrorCode::RateLimited)(&receipt.await.unwrap_err()));

    let receipt = client.send_for_receipt(SessionId(5), "hi").await.unwrap();
    let (request, _) = peer.said().await;
    peer.error(request, ErrorCode::RecipientFull).await;
    assert!(refused(ErrorCode::RecipientFull)(&receipt.await.unwrap_err()));

    let (answer, ()) = tokio::join!(client.join("vault", own()), async {
        let (request, _, _) = peer.join().await;
        peer.error(request, ErrorCode::NotPermitted).await;
    });
    assert!(refused(ErrorCode::NotPermitted)(&answer.unwrap_err()));
    assert!(client.room("vault").is_none());

    client.publish(LOBBY, "hi").await.unwrap();
    peer.said().await;
    peer.error(Request::NONE, ErrorCode::NotPermitted).await;
    assert!(
        matches!(next(&mut events).await, Event::Error(error) if refused(ErrorCode::NotPermitted)(&error))
    );
    peer.message(1).await;
    assert_eq!(message(&mut events).await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_right_is_not_even_sent() {
    let (_relay, mut peer, client, _events) = joined(client_fixture::options(), own(), 0).await;
    let large = vec![0; MAX_PAYLOAD as usize + 1];
    assert!(matches!(client.publish(LOBBY, large).await, Err(Error::TooLarge { max: 8192, .. })));
    assert!(
        matches!(client.publish("elsewhere", "hi").await, Err(Error::NotJoined(room)) if &*room == "elsewhere")
    );
    assert!(matches!(client.join("", own()).await, Err(Error::BadName(_))));
    assert!(matches!(client.leave("elsewhere").await, Err(Error::NotJoined(_))));
    client.publish(LOBBY, "only this").await.unwrap();
    assert_eq!(peer.said().await.1, b"only this");

    let name = Options { name: "a\nb".into(), ..Options::default() };
    let (_relay, connect) = client_fixture::relay(64);
    assert!(matches!(Client::connect(connect, name).await, Err(Error::BadName(_))));
    let token = Options { token: vec![1; 5000], ..Options::default() };
    let (_relay, connect) = client_fixture::relay(64);
    assert!(matches!(Client::connect(connect, token).await, Err(Error::HelloTooLarge { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_first_connection_that_fails_says_why() {
    let (mut relay, connect) = client_fixture::relay(1 << 16);
    let refuse = async {
        let mut peer = relay.accept().await;
        peer.error(Request::NONE, ErrorCode::BadToken).await;
    };
    let ((), connected) = tokio::join!(refuse, Client::connect(connect, client_fixture::options()));
    let error = connected.unwrap_err();
    assert_eq!(error.to_string(), "not connected: the server ended the session: bad_token: because");

    let (mut relay, connect) = client_fixture::relay(1 << 16);
    let silent = async { (relay.accept().await, std::future::pending::<()>().await) };
    let error = tokio::select! {
        _ = silent => unreachable!("it is silent"),
        connected = Client::connect(connect, client_fixture::options()) => connected.unwrap_err(),
    };
    assert!(matches!(error, Error::NotConnected(Lost::NoWelcome(_))), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_room_is_left_when_the_server_says_so() {
    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    let (left, ()) = tokio::join!(client.leave(LOBBY), async {
        let frame = peer.frame().await.unwrap();
        let ClientFrame::Leave(leave) = ClientFrame::decode(&frame).unwrap() else { panic!("not LEAVE") };
        assert_eq!(leave.room, ROOM);
        peer.message(1).await;
        peer.say(&ServerFrame::Left(Left { request: leave.request, room: ROOM })).await;
    });
    left.unwrap();
    assert_eq!(message(&mut events).await, 1);
    assert!(matches!(next(&mut events).await, Event::Left { why: None, .. }));
    assert!(client.room(LOBBY).is_none());

    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    peer.say(&ServerFrame::Left(Left { request: Request::NONE, room: ROOM })).await;
    assert!(matches!(next(&mut events).await, Event::Left { room, .. } if &*room == LOBBY));
    assert!(matches!(client.publish(LOBBY, "hi").await, Err(Error::NotJoined(_))));
}

#[tokio::test(start_paused = true)]
async fn a_second_join_changes_what_is_sent_and_no_place() {
    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    let (member, ()) = tokio::join!(client.join(LOBBY, JoinOptions::default()), async {
        let (request, _, from) = peer.join().await;
        assert_eq!(from, None);
        // What was said before JOINED and is still on its way comes behind it.
        peer.joined(request, EPOCH, 3).await;
        peer.messages(1..=4).await;
    });
    assert_eq!(member.unwrap().position, Position(3));
    next(&mut events).await;
    for position in 1..=4 {
        assert_eq!(message(&mut events).await, position);
    }
    assert_eq!(client.room(LOBBY).unwrap().duplicates, 0);
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_is_queued_and_waits_for_receipts() {
    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    let receipt = client.publish_for_receipt(LOBBY, "last words").await.unwrap();
    let other = client.clone();
    let ((), receipt) = tokio::join!(client.close(), async {
        let (request, _) = peer.said().await;
        peer.receipt(request, 1).await;
        receipt.await
    });
    assert_eq!(receipt.unwrap().position, Position(1));
    assert_eq!(peer.frame().await, None);
    assert!(matches!(next(&mut events).await, Event::Disconnected { why: Lost::ByProgram, back_in: None }));
    assert_eq!(events.next().await, None);
    assert_eq!(other.join(LOBBY, own()).await, Err(Error::Ended(Lost::ByProgram)));
}

#[tokio::test(start_paused = true)]
async fn dropping_all_of_it_closes_the_connection() {
    let (_relay, mut peer, client, mut events) = joined(client_fixture::options(), own(), 0).await;
    drop(client);
    peer.message(1).await;
    assert_eq!(message(&mut events).await, 1, "events alone keep it alive");
    drop(events);
    assert_eq!(peer.frame().await, None);
}

/// One of each event's frame, cut in two at every byte, and byte by byte.
#[tokio::test(start_paused = true)]
async fn the_same_events_come_however_the_bytes_are_cut() {
    let stream = transcript();
    let mut expected = None;
    for split in 0..stream.len() {
        let (_relay, mut peer, client, mut events) = connected(client_fixture::options()).await;
        let asked = tokio::spawn(async move {
            let member = client.join(LOBBY, JoinOptions { presence: true, ..own() }).await.unwrap();
            (client, member)
        });
        let (request, _, _) = peer.join().await;
        assert_eq!(request, Request(1));
        for part in [&stream[..split], &stream[split..]] {
            peer.0.write_all(part).await.unwrap();
            // The client reads what there is before it gets more.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        let mut pong = [0; 13];
        peer.0.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong[5..], *b"12345678");
        let (client, _) = asked.await.unwrap();
        let mut got = Vec::new();
        for _ in 0..7 {
            got.push(next(&mut events).await);
        }
        assert_eq!(client.ignored_frames(), 1);
        let expected = expected.get_or_insert_with(|| got.clone());
        assert_eq!(*expected, got, "cut at byte {split}");
    }
    let expected = expected.unwrap();
    assert!(
        matches!(&expected[1], Event::Presence(presence) if presence.entries[0].name == "bob"),
        "{expected:?}"
    );
    assert!(matches!(&expected[3], Event::Message(message) if message.content == Content::from("hé!")));
    assert!(matches!(&expected[6], Event::GoingAway { .. }));
}

fn transcript() -> Vec<u8> {
    let mut buffer = EntryBuffer::new(4096);
    let name = oread::protocol::SessionName::new(b"bob").unwrap();
    let event = Listed::Known(PresenceEvent::Joined);
    buffer.push(&oread::protocol::Entry { event, session: SessionId(2), name }).unwrap();
    let missed = Missed::new(Position(2), Position(4));
    [
        bytes(&ServerFrame::Joined(Joined {
            request: Request(1),
            room: ROOM,
            epoch: EPOCH,
            position: Position(0),
            members: 2,
        })),
        bytes(&ServerFrame::Presence(Presence {
            room: ROOM,
            position: Position(0),
            members: 2,
            kind: Listed::Known(PresenceKind::Roster),
            entries: buffer.entries(),
        })),
        bytes(&ServerFrame::Direct(Direct { from: SessionId(2), payload: Payload::Bytes(&[0xde, 0xad]) })),
        bytes(&says(1, "hé!")),
        vec![0, 0, 0, 2, 0xA0, 0xAA], // a type of a later version
        bytes(&ServerFrame::Gap(Gap { room: ROOM, missed, reason: Listed::Known(GapReason::Behind) })),
        bytes(&ServerFrame::Ping(oread::protocol::Ping { opaque: *b"12345678" })),
        bytes(&says(5, "")),
        bytes(&ServerFrame::GoingAway(oread::protocol::GoingAway {
            come_back_after_ms: 1,
            keep_trying_for_ms: 2,
        })),
    ]
    .concat()
}
