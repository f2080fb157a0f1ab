//! Promise: on a drain each session is told its own time to come back, spread so that they arrive at the configured rate; what was said before is
//! delivered, then the connection is closed in order, and no frame is torn.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::Duration;

use oread::lifecycle::Order;
use oread::protocol::ClientFrame;
use relay_fixture::{
    Client, Heard, OWN, PUBLISH_ONLY, Wish, bytes, heard, hello, publication, relay, relay_on,
};
use support::Ending;

/// Reads to the end, which has to be in order.
fn to_the_end(client: &mut Client) -> Vec<Heard> {
    let (payloads, ending) = client.wire.rest();
    assert_eq!(ending, Ending::Closed);
    payloads.iter().map(|payload| heard(payload)).collect()
}

#[test]
fn each_session_has_its_own_time_to_come_back() {
    const SESSIONS: u32 = 50;
    const RATE: u32 = 40;
    let resume_for = Duration::from_secs(90);
    let daemon = relay(|relay| (relay.come_back_rate, relay.resume_for) = (RATE.into(), resume_for));
    let mut clients: Vec<Client> = (0..SESSIONS).map(|_| Client::welcome(&daemon)).collect();
    daemon.order(Order::Stop);
    let mut slots: Vec<u32> = clients
        .iter_mut()
        .map(|client| match &to_the_end(client)[..] {
            [Heard::GoingAway { after_ms, for_ms: 90_000 }] => *after_ms,
            other => panic!("not just GOING_AWAY: {other:?}"),
        })
        .collect();
    drop(clients);
    slots.sort_unstable();
    assert_eq!(slots, (0..SESSIONS).map(|slot| slot * 1000 / RATE).collect::<Vec<_>>());
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut), (SESSIONS.into(), 0));
}

/// It has nothing to come back to, and takes no slot from those who have.
#[test]
fn who_was_not_welcomed_is_closed_without_a_word() {
    let daemon = relay(|relay| relay.come_back_rate = 1);
    let mut silent = Client::connect(&daemon);
    let mut halfway = Client::connect(&daemon);
    halfway.wire.send(&bytes(&ClientFrame::Hello(hello()))[..9]);
    let mut ada = Client::welcome(&daemon);
    daemon.until_active(3);
    daemon.order(Order::Stop);
    assert_eq!(to_the_end(&mut silent), []);
    assert_eq!(to_the_end(&mut halfway), []);
    assert!(matches!(to_the_end(&mut ada)[..], [Heard::GoingAway { after_ms: 0, for_ms: 300_000 }]));
}

/// What a client says once it was told to go is not done, and it is not told otherwise.
#[test]
fn nothing_is_answered_after_it() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    daemon.order(Order::Stop);
    assert!(matches!(ada.hear(), Heard::GoingAway { .. }));
    let late = bytes(&publication(9, place.room, b"too late"));
    // The daemon may be gone by now.
    let _taken = std::io::Write::write_all(&mut ada.wire.0, &late);
    assert_eq!(ada.wire.rest().0, [[0; 0]; 0]);
}

#[test]
fn what_was_said_before_is_delivered() {
    const MESSAGES: u64 = 100;
    let daemon = relay_on(|listener| listener.socket.send_buffer = Some(16 << 10), |_| {});
    let members: Vec<_> = (0..3).map(|_| Client::in_room(&daemon, "lobby", Wish::default())).collect();
    let (mut ada, place) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    for (member, _) in &members {
        member.take_little();
    }
    let payload = |position: u64| position.to_be_bytes().repeat(512);
    for position in 1..=MESSAGES {
        assert_eq!(ada.publish_and_hear(place.room, &payload(position)), position);
    }
    ada.send(7, members[0].0.session, b"and to you");
    assert!(matches!(ada.hear(), Heard::Receipt { request: 7, .. }));
    daemon.order(Order::Stop);
    assert!(matches!(to_the_end(&mut ada)[..], [Heard::GoingAway { .. }]));
    drop(ada);
    for (number, (mut member, _)) in members.into_iter().enumerate() {
        let all = to_the_end(&mut member);
        let mut next = 1;
        let (mut times, mut directs) = (0, 0);
        for heard in all {
            match heard {
                Heard::Message { position, payload: said, .. } => {
                    assert!((position, said) == (next, payload(next)), "{position} in the place of {next}");
                    next += 1;
                }
                Heard::GoingAway { .. } => times += 1,
                Heard::Direct { .. } => directs += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((next - 1, times, directs), (MESSAGES, 1, usize::from(number == 0)));
    }
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut, report.hurried), (4, 0, false));
}
