//! Promise: a session that asks for much in one breath does not keep its worker to itself: each request and each run of messages may take locks
//! and look through a log, so that after some of them others have a turn; and all of them are answered, in order.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod memory_fixture;
mod relay_fixture;
mod session_fixture;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use memory_fixture::{client, heard_by, relay};
use oread::protocol::{ClientFrame, Join, Request, RoomName};
use oread::settings::RelaySettings;
use relay_fixture::{Heard, bytes, hello, publication};
use session_fixture::in_virtual_time;

const REQUESTS: u32 = 4_000;
/// Requests for which others have to wait at the most.
const AT_ONCE: u32 = 300;

fn join(request: u32, room: &str) -> Vec<u8> {
    let room = RoomName::new(room.as_bytes()).unwrap();
    let (presence, own, publish_only, since) = (false, false, false, None);
    bytes(&ClientFrame::Join(Join { request: Request(request), presence, own, publish_only, room, since }))
}

/// Says all of it at once. What is heard, and how many turns others had meanwhile.
async fn say(said: &[u8]) -> (Vec<Heard>, usize) {
    let (world, relay) = relay(&RelaySettings::default());
    let wire = client(&world, &relay, said);
    let (turns, others) = (Arc::new(AtomicUsize::new(0)), wire.clone());
    let counted = turns.clone();
    let counting = tokio::spawn(async move {
        while others.ends().written.is_empty() {
            tokio::task::yield_now().await;
        }
        loop {
            let before = others.ends().written.len();
            tokio::task::yield_now().await;
            // A turn counts in which the session went on: whoever waits for it is not starved.
            counted.fetch_add(usize::from(others.ends().written.len() > before), Relaxed);
            if others.ends().shut {
                return;
            }
        }
    });
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    counting.abort();
    tokio::time::sleep(Duration::from_millis(1)).await;
    (heard_by(&wire), turns.load(Relaxed))
}

#[test]
fn many_joins_are_answered_in_turns() {
    in_virtual_time(async {
        let mut said = bytes(&ClientFrame::Hello(hello()));
        (0..REQUESTS).for_each(|request| said.extend(join(request, "lobby")));
        let (frames, turns) = say(&said).await;
        let answered = frames.iter().filter_map(|heard| match heard {
            Heard::Joined { request, .. } => Some(*request),
            _ => None,
        });
        assert!(answered.eq(0..REQUESTS), "each, in order");
        assert!(turns >= (REQUESTS / AT_ONCE) as usize, "{turns} turns");
    });
}

#[test]
fn messages_for_two_rooms_by_turns_leave_others_theirs() {
    in_virtual_time(async {
        let mut said = bytes(&ClientFrame::Hello(hello()));
        said.extend([join(1, "a"), join(2, "b")].concat());
        for request in 1..=REQUESTS {
            said.extend(bytes(&publication(request, request % 2 + 1, b"said")));
        }
        let (frames, turns) = say(&said).await;
        let receipts = frames.iter().filter_map(|heard| match heard {
            Heard::Receipt { request, position, .. } => Some((*request, *position)),
            _ => None,
        });
        let expected = (1..=REQUESTS).map(|request| (request, u64::from(request).div_ceil(2)));
        assert!(receipts.eq(expected), "each, in order");
        assert!(turns >= (REQUESTS / AT_ONCE) as usize, "{turns} turns");
    });
}
