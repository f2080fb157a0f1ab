//! Promise: a session at full rate does not starve the others: between the moment at which a quiet peer's frame arrives and its answer, the
//! flooder gets a bounded number of bytes, not a share of time. Counted, not timed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod flood;
mod session_fixture;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use flood::{Flood, client, seat};
use oread::service::Echo;
use session_fixture::World;
use support::frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What a session may move in one turn: a whole read and its answer, although fewer bytes would end it.
const TURN: u64 = 512 << 10;
const QUIET: usize = 50;

#[tokio::test]
async fn quiet_sessions_are_answered_within_a_few_of_its_turns() {
    let world = World::new(&support::settings().listeners[0]);
    let mut quiet = Vec::new();
    for _ in 0..QUIET {
        quiet.push(client(&world, &Echo).await);
    }
    let flooded = Arc::new(AtomicU64::new(0));
    seat(&world, &Echo, Flood { speaks: true, moved: flooded.clone() });

    let ping = frame(b"ping");
    let mut worst = 0;
    for round in 0..4 * QUIET {
        let client = &mut quiet[round % QUIET];
        let before = flooded.load(Relaxed);
        client.write_all(&ping).await.unwrap();
        let mut answer = [0; 8];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[..], ping[..]);
        worst = worst.max(flooded.load(Relaxed) - before);
    }
    assert!(flooded.load(Relaxed) > TURN, "there was no flood");
    // One turn until the sockets are looked at, one until the answer is; and as much again for those who came in between.
    assert!(worst <= 4 * TURN, "{worst} bytes of the flood went before one frame was answered");
}
