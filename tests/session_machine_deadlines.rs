//! Promise: each deadline of a session starts, stops and ends it when its documentation says so. Virtual time, no socket.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use oread::reason::CloseReason;
use oread::session::machine::{Machine, Phase, Rules, Standing};
use oread::settings::{Address, ListenerSettings, WhenFull};
use oread::tick::Tick;

const FRAME: &[u8] = b"\0\0\0\x05hello";
const SECOND: u32 = 20;

/// A machine with its rules and its time.
struct Life {
    rules: Rules,
    machine: Machine,
    now: Tick,
}

impl Life {
    fn new(change: impl FnOnce(&mut ListenerSettings)) -> Self {
        let mut settings = ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()));
        change(&mut settings);
        let now = Tick::new(1);
        Self { rules: Rules::new(&settings), machine: Machine::new(now), now }
    }

    /// Lets time pass, with a turn of the session in each tick.
    fn pass(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.now = self.now.after(1);
            self.turn();
        }
    }

    /// A turn in which the socket had nothing and took nothing.
    fn turn(&mut self) {
        self.machine.appetite(&self.rules, self.now, false);
        if !self.machine.outbox().is_empty() {
            self.machine.expire(&self.rules, self.now);
            self.machine.blocked(self.now);
        }
        self.machine.judge(&self.rules, self.now);
    }

    fn receive(&mut self, data: &[u8]) {
        assert!(self.machine.appetite(&self.rules, self.now, false).bytes >= data.len() as u64);
        self.machine.received(&self.rules, self.now, data);
    }

    /// The peer is owed a frame.
    fn owe(&mut self) {
        self.machine.queue(&self.rules, self.now, FRAME, false);
    }

    #[track_caller]
    fn assert_open(&self) {
        assert_eq!(self.machine.phase(), Phase::Open);
    }

    #[track_caller]
    fn assert_leaves(&self, expected: CloseReason) {
        let (Phase::Flushing { reason, .. } | Phase::Done(reason)) = self.machine.phase() else {
            panic!("{:?} instead of {expected}", self.machine.phase())
        };
        assert_eq!(reason, expected);
    }
}

#[test]
fn the_handshake_ends_with_the_first_whole_frame_and_not_with_a_part_of_it() {
    let mut life = Life::new(|settings| settings.limits.handshake = Duration::from_secs(10));
    life.pass(5 * SECOND);
    life.receive(&FRAME[..6]);
    life.pass(5 * SECOND - 1);
    life.assert_open();
    life.pass(1);
    life.assert_leaves(CloseReason::HandshakeTimeout);

    let mut life = Life::new(|settings| settings.limits.handshake = Duration::from_secs(10));
    life.receive(FRAME);
    life.pass(60 * SECOND);
    life.assert_open();
}

#[test]
fn a_frame_that_comes_byte_by_byte_has_one_clock_from_its_first() {
    let mut life = Life::new(|settings| {
        settings.limits.frame = Duration::from_secs(4);
        settings.limits.handshake = Duration::ZERO;
    });
    life.pass(60 * SECOND);
    for byte in &FRAME[..4] {
        life.assert_open();
        life.receive(&[*byte]);
        life.pass(SECOND);
    }
    life.assert_leaves(CloseReason::FrameTimeout);
}

#[test]
fn the_next_frame_has_a_clock_of_its_own() {
    let mut life = Life::new(|settings| settings.limits.frame = Duration::from_secs(4));
    for _ in 0..5 {
        // The end of one frame and the beginning of the next, in one read.
        life.receive(&FRAME[..2]);
        life.pass(3 * SECOND);
        life.receive(&[&FRAME[2..], &FRAME[..2]].concat());
        life.pass(3 * SECOND);
        life.receive(&FRAME[2..]);
    }
    life.assert_open();
}

#[test]
fn idle_counts_from_the_last_byte_in_either_direction() {
    let mut life = Life::new(|settings| settings.limits.idle = Duration::from_secs(10));
    life.receive(FRAME);
    life.pass(9 * SECOND);
    life.machine.sent_directly(life.now);
    life.pass(10 * SECOND - 1);
    life.assert_open();
    life.pass(1);
    life.assert_leaves(CloseReason::IdleTimeout);
}

#[test]
fn a_peer_that_takes_a_little_does_not_stall_and_one_that_takes_nothing_does() {
    let mut life = Life::new(|settings| settings.limits.write_stall = Duration::from_secs(10));
    life.receive(FRAME);
    life.owe();
    life.turn();
    for _ in 0..4 {
        life.pass(9 * SECOND);
        life.machine.flushed(life.now, 1);
    }
    life.assert_open();
    life.pass(10 * SECOND);
    assert_eq!(life.machine.phase(), Phase::Done(CloseReason::WriteStall), "at once: it takes nothing");
}

/// A member of a room takes nothing for as long as it likes. Then it leaves, or closes its side, before it reads on.
#[test]
fn a_stall_that_was_forgiven_counts_from_when_it_no_longer_is() {
    let turns: [fn(&mut Life); 2] = [
        |life| life.machine.stand(life.now, Standing::default()),
        |life| life.machine.eof(&life.rules, life.now),
    ];
    for turn in turns {
        let mut life = Life::new(|settings| settings.limits.write_stall = Duration::from_secs(10));
        life.receive(FRAME);
        life.machine.stand(life.now, Standing { forgives: true, ..Standing::default() });
        life.owe();
        life.pass(60 * SECOND);
        life.assert_open();
        turn(&mut life);
        life.pass(10 * SECOND - 1);
        assert!(
            matches!(life.machine.phase(), Phase::Open | Phase::HalfClosed),
            "{:?}",
            life.machine.phase()
        );
        life.pass(1);
        assert_eq!(life.machine.phase(), Phase::Done(CloseReason::WriteStall));
    }
}

#[test]
fn lifetime_ends_even_a_busy_session_but_in_order() {
    let mut life = Life::new(|settings| settings.limits.lifetime = Duration::from_secs(10));
    for _ in 0..10 {
        life.assert_open();
        life.receive(FRAME);
        life.pass(SECOND);
    }
    assert!(matches!(life.machine.phase(), Phase::Flushing { reason: CloseReason::Lifetime, .. }));
    assert!(life.machine.wants_shutdown());
}

#[test]
fn lingering_lasts_less_than_a_second_whatever_still_comes() {
    let mut life = Life::new(|_| {});
    life.machine.close(&life.rules, life.now, CloseReason::Service);
    life.machine.finished(life.now);
    for _ in 0..SECOND - 1 {
        life.machine.read_away(life.now);
        life.pass(1);
    }
    assert_eq!(life.machine.phase(), Phase::Done(CloseReason::Service));
}

#[test]
fn a_drain_lingers_for_as_long_as_something_comes() {
    let mut life = Life::new(|_| {});
    life.machine.close(&life.rules, life.now, CloseReason::Drained);
    life.machine.finished(life.now);
    for _ in 0..60 {
        life.machine.read_away(life.now);
        life.pass(SECOND / 2);
    }
    assert!(matches!(life.machine.phase(), Phase::Lingering { .. }));
    life.pass(SECOND);
    assert_eq!(life.machine.phase(), Phase::Done(CloseReason::Drained));
}

/// While we do not read, the peer cannot keep a promise to send: those clocks stand, and start anew when we read again.
#[test]
fn while_a_full_outbox_pauses_reading_the_peers_clocks_stand() {
    let mut life = Life::new(|settings| {
        settings.outbox.frames = 1;
        settings.outbox.when_full = WhenFull::Block;
        settings.limits.write_stall = Duration::ZERO;
        settings.limits.frame = Duration::from_secs(2);
        settings.limits.idle = Duration::from_secs(2);
    });
    life.receive(&[FRAME, &FRAME[..3]].concat());
    life.owe();
    life.turn();
    assert_eq!(life.machine.appetite(&life.rules, life.now, false).bytes, 0, "paused");
    life.pass(60 * SECOND);
    life.assert_open();
    life.machine.flushed(life.now, FRAME.len());
    life.turn();
    life.pass(2 * SECOND - 1);
    life.assert_open();
    life.pass(1);
    life.assert_leaves(CloseReason::FrameTimeout);
}

#[test]
fn while_a_read_rate_pauses_reading_the_handshake_stands() {
    let mut life = Life::new(|settings| {
        settings.limits.read_rate = 20;
        settings.limits.handshake = Duration::from_secs(2);
        settings.limits.frame = Duration::from_secs(2);
    });
    life.receive(&[0, 0, 0, 250]);
    life.receive(&[b'x'; 16]);
    for _ in 0..200 {
        assert_eq!(life.machine.appetite(&life.rules, life.now, false).bytes, 0, "paced");
        life.machine.judge(&life.rules, life.now);
        life.assert_open();
        life.now = life.now.after(1);
        life.receive(b"x");
    }
}

#[test]
fn an_idle_session_with_a_read_rate_asks_for_no_wake_up() {
    let mut life = Life::new(|settings| settings.limits.read_rate = 1000);
    life.receive(FRAME);
    assert_eq!(life.machine.refill(&life.rules), None, "there is allowance left");
    life.receive(&[0; 1000 - FRAME.len()]);
    assert_eq!(life.machine.refill(&life.rules), Some(life.now.after(1)));
}
