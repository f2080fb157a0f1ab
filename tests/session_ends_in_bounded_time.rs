//! Promise: a session that has a reason to end does end, whatever its peer does, and gives back all that it held.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::sync::Arc;
use std::time::Duration;

use oread::reason::CloseReason;
use oread::service::{Batch, Echo, Next, Reply, Service, Talk, Turn};
use oread::session::Session;
use oread::session::context::Stage;
use oread::settings::{ListenerLimits, ListenerSettings, WhenFull};
use session_fixture::{Wire, World, in_virtual_time, listener};
use tokio::task::JoinHandle;

const FRAME: &[u8] = b"\0\0\0\x05hello";

fn start(world: &World, wire: &Wire) -> JoinHandle<()> {
    tokio::spawn(Session::new(wire.clone(), &Echo, world.context.clone(), world.admit()).unwrap())
}

/// A session whose peer sends so many frames, and takes three bytes of the answer and no more.
fn start_stalled(world: &World, frames: usize) -> (Wire, JoinHandle<()>) {
    let wire = Wire::default();
    let session = start(world, &wire);
    wire.change(|ends| {
        ends.window = Some(3);
        ends.incoming.extend(FRAME.repeat(frames));
    });
    (wire, session)
}

/// A listener without deadlines.
fn patient() -> ListenerSettings {
    let none = Duration::ZERO;
    listener(|settings| {
        settings.limits = ListenerLimits {
            handshake: none,
            frame: none,
            idle: none,
            write_stall: none,
            lifetime: none,
            ..ListenerLimits::default()
        };
    })
}

/// Lets the runtime run, for so much virtual time.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn drain(world: &World) {
    world.context.process.advance(Stage::Draining);
    world.workers.wake_all().await;
}

#[test]
fn a_session_without_deadlines_hears_of_a_drain() {
    in_virtual_time(async {
        let world = World::new(&patient());
        let wire = Wire::default();
        let session = start(&world, &wire);
        pass(Duration::from_secs(1)).await;
        drain(&world).await;
        tokio::time::timeout(Duration::from_secs(1), session).await.expect("within a second").unwrap();
        assert_eq!(world.ends(), [CloseReason::Drained]);
        assert!(wire.ends().shut, "it said goodbye");
        world.assert_settled();
    });
}

#[test]
fn a_drain_between_a_sessions_birth_and_its_first_turn_is_heard() {
    in_virtual_time(async {
        let world = World::new(&patient());
        let session = start(&world, &Wire::default());
        drain(&world).await;
        tokio::time::timeout(Duration::from_secs(1), session).await.expect("within a second").unwrap();
        assert_eq!(world.ends(), [CloseReason::Drained]);
    });
}

#[test]
fn those_that_read_away_a_flood_wait_for_their_turns_once_each() {
    in_virtual_time(async {
        let world = World::new(&patient());
        let wires: Vec<Wire> = (0..5).map(|_| Wire::default()).collect();
        for wire in &wires {
            wire.change(|ends| {
                ends.incoming.extend(FRAME.iter().cycle().take(FRAME.len() << 15));
                ends.endless = true;
            });
            start(&world, wire);
        }
        tokio::task::yield_now().await;
        drain(&world).await;
        let sessions = world.context.worker.sessions();
        let mut held = 0;
        for _ in 0..100 {
            for session in &sessions {
                // As a socket does to which more has come.
                session.wake();
            }
            tokio::task::yield_now().await;
            held = sessions.iter().map(Arc::strong_count).max().unwrap().max(held);
        }
        // The session, the worker's roster, this test, and a place in the worker's lane.
        assert_eq!(held, 4);
    });
}

#[test]
fn a_drain_gives_a_stalled_peer_what_it_is_owed_when_it_reads_again() {
    in_virtual_time(async {
        let world = World::new(&patient());
        let (wire, session) = start_stalled(&world, 4);
        pass(Duration::from_secs(1)).await;
        drain(&world).await;
        pass(Duration::from_mins(2)).await;
        assert!(!session.is_finished(), "a drain waits; its own deadline cuts");
        wire.change(|ends| ends.window = None);
        tokio::time::timeout(Duration::from_secs(1), session).await.expect("within a second").unwrap();
        assert_eq!(wire.ends().written, FRAME.repeat(4), "no torn frame");
        assert_eq!(world.ends(), [CloseReason::Drained]);
        world.assert_settled();
    });
}

#[test]
fn a_cut_ends_whoever_still_flushes() {
    in_virtual_time(async {
        let world = World::new(&patient());
        let (_wire, session) = start_stalled(&world, 4);
        pass(Duration::from_secs(1)).await;
        drain(&world).await;
        pass(Duration::from_secs(1)).await;
        world.context.process.advance(Stage::Cutting);
        world.workers.wake_all().await;
        session.await.unwrap();
        assert_eq!(world.ends(), [CloseReason::Cut]);
        assert_eq!(world.dropped(), 4);
        world.assert_settled();
    });
}

#[test]
fn a_peer_that_takes_a_byte_now_and_then_cannot_prolong_a_goodbye() {
    in_virtual_time(async {
        let world = World::new(&listener(|_| {}));
        let (wire, session) = start_stalled(&world, 40);
        wire.change(|ends| ends.incoming.extend([0xFF; 4]));
        for _ in 0..7 {
            pass(Duration::from_secs(5)).await;
            wire.change(|ends| ends.window = Some(1));
        }
        assert!(session.is_finished(), "write_stall bounds the whole of it");
        assert_eq!(world.ends(), [CloseReason::FrameTooLarge], "why it ends has not changed");
        world.assert_settled();
    });
}

#[test]
fn a_peer_that_has_closed_its_side_is_bound_by_lifetime() {
    in_virtual_time(async {
        let world = World::new(&listener(|settings| settings.limits.lifetime = Duration::from_mins(1)));
        let (wire, session) = start_stalled(&world, 100);
        wire.change(|ends| ends.eof = true);
        for _ in 0..20 {
            pass(Duration::from_secs(5)).await;
            wire.change(|ends| ends.window = Some(1));
        }
        assert!(session.is_finished());
        assert_eq!(world.ends(), [CloseReason::Lifetime]);
        world.assert_settled();
    });
}

#[test]
fn a_peer_that_always_has_more_to_say_is_bound_by_lifetime() {
    in_virtual_time(async {
        let world = World::new(&listener(|settings| settings.limits.lifetime = Duration::from_millis(100)));
        let wire = Wire::default();
        let session = start(&world, &wire);
        let mut frame = vec![0, 3, 0, 0];
        frame.resize(4 + (3 << 16), b'x');
        wire.change(|ends| {
            ends.endless = true;
            ends.incoming = frame.into();
        });
        for _ in 0..25 {
            tokio::time::advance(Duration::from_millis(50)).await;
        }
        assert!(session.is_finished(), "after its lifetime and a goodbye of a second");
        assert_eq!(world.ends(), [CloseReason::Lifetime]);
    });
}

#[test]
fn a_peer_that_does_not_take_what_it_is_owed_is_freed_within_a_second_by_disconnect() {
    in_virtual_time(async {
        let world = World::new(&listener(|settings| {
            settings.outbox.when_full = WhenFull::Disconnect;
            settings.outbox.frames = 2;
        }));
        let (_wire, session) = start_stalled(&world, 9);
        tokio::time::timeout(Duration::from_secs(1), session).await.expect("within a second").unwrap();
        assert_eq!(world.ends(), [CloseReason::OutboxFull]);
        world.assert_settled();
    });
}

#[test]
fn what_has_expired_is_not_sent_and_does_not_stall() {
    in_virtual_time(async {
        let world = World::new(&listener(|settings| {
            settings.outbox.when_full = WhenFull::DropOldest;
            settings.outbox.age = Duration::from_secs(1);
        }));
        let wire = Wire::default();
        let session = start(&world, &wire);
        wire.change(|ends| {
            ends.window = Some(0);
            ends.incoming.extend(FRAME.repeat(3));
        });
        pass(Duration::from_mins(2)).await;
        assert!(!session.is_finished(), "nothing is owed to it any more");
        wire.change(|ends| {
            ends.window = None;
            ends.incoming.extend(FRAME);
            ends.eof = true;
        });
        session.await.unwrap();
        assert_eq!(wire.ends().written, FRAME, "the old ones are gone");
        assert_eq!(world.ends(), [CloseReason::PeerClosed]);
        assert_eq!(world.dropped(), 3);
        world.assert_settled();
    });
}

#[test]
fn a_paced_first_frame_does_not_run_into_the_handshake_limit() {
    in_virtual_time(async {
        let world = World::new(&listener(|settings| settings.limits.read_rate = 100));
        let wire = Wire::default();
        let session = start(&world, &wire);
        let mut frame = vec![0, 0, 7, 208];
        frame.resize(4 + 2000, b'x');
        wire.change(|ends| {
            ends.incoming.extend(&frame);
            ends.eof = true;
        });
        session.await.unwrap();
        assert_eq!(world.ends(), [CloseReason::PeerClosed], "2,000 bytes at 100 a second, in spite of 10 s");
        assert_eq!(wire.ends().written, frame);
        world.assert_settled();
    });
}

/// Panics at its second batch.
#[derive(Debug, Clone, Copy)]
struct Fragile(u32);

impl Service for Fragile {
    type Talk = Self;

    fn open(&self, _: &Turn<'_>) -> Self {
        *self
    }
}

impl Talk for Fragile {
    fn answer(&mut self, _: &Turn<'_>, batch: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        self.0 += batch.count();
        assert!(self.0 < 2, "a bug");
        reply.echo();
        Next::Go
    }
}

#[test]
fn a_panic_gives_everything_back_and_what_waited_is_counted() {
    in_virtual_time(async {
        let world = World::new(&listener(|_| {}));
        let wire = Wire::default();
        let service = Fragile(0);
        let session = Session::new(wire.clone(), &service, world.context.clone(), world.admit()).unwrap();
        let session = tokio::spawn(session);
        wire.change(|ends| {
            ends.window = Some(2);
            ends.incoming.extend(FRAME);
        });
        pass(Duration::from_secs(1)).await;
        wire.change(|ends| ends.incoming.extend(FRAME));
        assert!(session.await.unwrap_err().is_panic());
        assert_eq!(world.ends(), [CloseReason::Panicked]);
        assert_eq!(world.dropped(), 1, "the frame that waited");
        assert_eq!(world.gate.active(), 0);
        assert_eq!(world.stats().outbox_frames.now(), 0);
    });
}
