//! Promise: a session that is told to end does so at once, whatever it is owed: also when its peer has closed its side, and during a drain.
//! Else nobody could take its place, and nobody could end it by hand.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::time::Duration;

use oread::reason::CloseReason;
use oread::service::Echo;
use oread::session::Session;
use oread::session::context::Stage;
use session_fixture::{Wire, World, in_virtual_time, listener};

const FRAME: &[u8] = b"\0\0\0\x05hello";

/// A session that owes its peer more than that takes; `change` happens before it is told to end.
async fn ends(reason: CloseReason, eof: bool, drained: bool) {
    let world = World::new(&listener(|_| {}));
    let wire = Wire::default();
    let session = Session::new(wire.clone(), &Echo, world.context.clone(), world.admit()).unwrap();
    let session = tokio::spawn(session);
    wire.change(|ends| {
        ends.window = Some(3);
        ends.incoming.extend(FRAME.repeat(4));
        ends.eof = eof;
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    if drained {
        world.context.process.advance(Stage::Draining);
        world.workers.wake_all().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(!session.is_finished(), "it is owed something");
    world.context.worker.sessions()[0].end(reason);
    tokio::time::timeout(Duration::from_secs(1), session).await.expect("within a second").unwrap();
    assert_eq!(world.ends(), [reason]);
    world.assert_settled();
}

#[test]
fn a_half_closed_session_is_ended_by_hand() {
    in_virtual_time(ends(CloseReason::Kicked, true, false));
}

#[test]
fn a_drained_session_is_ended_by_hand() {
    in_virtual_time(ends(CloseReason::Kicked, false, true));
    in_virtual_time(ends(CloseReason::Kicked, true, true));
}
