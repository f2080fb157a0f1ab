//! Promise: what others have for a session reaches its peer, mail and news of the service in turns; and what had come when the peer closed
//! its side is owed to it too.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use oread::handle::MailRules;
use oread::reason::CloseReason;
use oread::service::{Batch, Next, Out, Reply, Service, Talk, Turn};
use oread::session::Session;
use oread::session::context::Budget;
use session_fixture::{Wire, World, in_virtual_time, listener};
use tokio::task::JoinHandle;

const FRAME: &[u8] = b"\0\0\0\x05hello";
const NEWS: &[u8] = b"\0\0\0\x05news!";
const MAIL: &[u8] = b"\0\0\0\x05mail.";

/// Echoes, and has something for the peer whenever there is news.
#[derive(Clone, Copy)]
struct Herald {
    owes: bool,
}

impl Service for Herald {
    type Talk = Self;

    fn open(&self, _: &Turn<'_>) -> Self {
        *self
    }
}

impl Talk for Herald {
    fn answer(&mut self, _: &Turn<'_>, _: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        reply.echo();
        Next::Go
    }

    fn deliver(&mut self, turn: &Turn<'_>, out: &mut dyn Out) {
        self.owes |= turn.handle.take_news() != 0;
        if self.owes {
            let written = out.write(&[IoSlice::new(NEWS)]);
            assert!(written == 0 || written == NEWS.len());
            self.owes = written == 0;
        }
    }

    fn owes(&self) -> bool {
        self.owes
    }
}

fn start(world: &World, wire: &Wire) -> JoinHandle<()> {
    let herald = Herald { owes: false };
    tokio::spawn(Session::new(wire.clone(), &herald, world.context.clone(), world.admit()).unwrap())
}

async fn pass() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[test]
fn news_that_comes_with_the_end_is_still_delivered() {
    in_virtual_time(async {
        let world = World::new(&listener(|_| {}));
        let wire = Wire::default();
        let session = start(&world, &wire);
        wire.change(|ends| {
            ends.window = Some(3);
            ends.incoming.extend(FRAME);
        });
        pass().await;
        world.context.worker.sessions()[0].note(0);
        wire.change(|ends| {
            ends.window = None;
            ends.eof = true;
        });
        tokio::time::timeout(Duration::from_secs(2), session).await.expect("it ends").unwrap();
        assert_eq!(wire.ends().written, [FRAME, NEWS].concat());
        assert_eq!(world.ends(), [CloseReason::PeerClosed]);
    });
}

#[test]
fn a_flood_of_mail_does_not_keep_news_from_the_peer() {
    in_virtual_time(async {
        let world = World::new(&listener(|_| {}));
        let wire = Wire::default();
        let _session = start(&world, &wire);
        wire.change(|ends| ends.window = Some(0));
        pass().await;
        let handle = world.context.worker.sessions()[0].clone();
        let queued = Arc::new(Budget::new(1 << 20));
        let rules = MailRules { frames: 10, bytes: 1000 };
        handle.mail().post(rules, &queued, MAIL).unwrap();
        handle.wake();
        pass().await;
        handle.wake_for(0).now();
        for _ in 0..4 {
            // Whenever the peer has taken a frame, another one has arrived.
            handle.mail().post(rules, &queued, MAIL).unwrap();
            handle.wake();
            wire.change(|ends| ends.window = Some(MAIL.len()));
            pass().await;
        }
        assert_eq!(wire.ends().written, [MAIL, NEWS, MAIL, MAIL].concat());
        wire.change(|ends| ends.window = None);
        pass().await;
        assert_eq!(wire.ends().written.len(), 6 * MAIL.len(), "and all mail is delivered");
        assert_eq!(queued.used(), 0);
    });
}
