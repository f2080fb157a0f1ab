//! Promise: a session leaves its conversation once, and ends with the reason with which it left. Corner by corner; virtual time, no socket.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::outbox::Push;
use oread::reason::CloseReason;
use oread::session::machine::{Machine, Phase, Rules};
use oread::settings::{Address, ListenerSettings};
use oread::tick::Tick;

const FRAME: &[u8] = b"\0\0\0\x05hello";
const NOW: Tick = Tick::new(1);

fn rules() -> Rules {
    Rules::new(&ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into())))
}

/// An open session that owes its peer a frame.
fn owing(rules: &Rules) -> Machine {
    let mut machine = Machine::new(NOW);
    assert_eq!(machine.queue(rules, NOW, FRAME, false), Push::Queued);
    machine
}

fn flush(machine: &mut Machine) {
    let waiting = machine.outbox().bytes();
    machine.flushed(NOW, waiting);
    assert!(machine.wants_shutdown(), "all is flushed");
    machine.finished(NOW);
}

#[test]
fn an_end_at_a_border_with_nothing_owed_is_the_end() {
    let mut machine = Machine::new(NOW);
    machine.eof(&rules(), NOW);
    assert_eq!(machine.phase(), Phase::Done(CloseReason::PeerClosed));
}

#[test]
fn an_end_with_something_owed_waits_until_it_is_delivered() {
    let rules = rules();
    let mut machine = owing(&rules);
    machine.eof(&rules, NOW);
    assert_eq!(machine.phase(), Phase::HalfClosed);
    assert_eq!(machine.appetite(&rules, NOW, false).bytes, 0, "an end is not read twice");
    flush(&mut machine);
    assert_eq!(machine.phase(), Phase::Done(CloseReason::PeerClosed));
}

#[test]
fn an_end_inside_a_frame_is_truncated_and_what_is_owed_still_goes() {
    let rules = rules();
    let mut machine = owing(&rules);
    machine.received(&rules, NOW, &FRAME[..6]);
    machine.eof(&rules, NOW);
    assert!(machine.kept().is_empty(), "the part is delivered to nobody");
    flush(&mut machine);
    machine.eof(&rules, NOW);
    assert_eq!(machine.phase(), Phase::Done(CloseReason::Truncated));
}

#[test]
fn a_drain_leaves_a_half_closed_session_to_its_own_end() {
    let rules = rules();
    let mut machine = owing(&rules);
    machine.eof(&rules, NOW);
    machine.close(&rules, NOW, CloseReason::Drained);
    flush(&mut machine);
    assert_eq!(machine.phase(), Phase::Done(CloseReason::PeerClosed));
}

#[test]
fn a_reset_while_flushing_or_lingering_does_not_change_why() {
    let rules = rules();
    for lingers in [false, true] {
        let mut machine = owing(&rules);
        machine.close(&rules, NOW, CloseReason::FrameTooLarge);
        if lingers {
            flush(&mut machine);
        }
        machine.abort(CloseReason::Reset);
        assert_eq!(machine.phase(), Phase::Done(CloseReason::FrameTooLarge));
    }
}

#[test]
fn what_promises_delivery_does_not_stand_when_there_was_none() {
    let rules = rules();
    let mut half_closed = owing(&rules);
    half_closed.eof(&rules, NOW);
    half_closed.abort(CloseReason::Reset);
    assert_eq!(half_closed.phase(), Phase::Done(CloseReason::Reset));

    let mut drained = owing(&rules);
    drained.close(&rules, NOW, CloseReason::Drained);
    drained.abort(CloseReason::Reset);
    assert_eq!(drained.phase(), Phase::Done(CloseReason::Reset));
}

#[test]
fn a_cut_names_whoever_still_flushes_but_not_who_has_said_goodbye() {
    let rules = rules();
    let mut flushing = owing(&rules);
    flushing.close(&rules, NOW, CloseReason::Drained);
    flushing.abort(CloseReason::Cut);
    assert_eq!(flushing.phase(), Phase::Done(CloseReason::Cut));

    let mut lingering = owing(&rules);
    lingering.close(&rules, NOW, CloseReason::Drained);
    flush(&mut lingering);
    lingering.abort(CloseReason::Cut);
    assert_eq!(lingering.phase(), Phase::Done(CloseReason::Drained));
}

#[test]
fn nothing_that_comes_after_the_conversation_reaches_a_service() {
    let rules = rules();
    let mut machine = owing(&rules);
    machine.close(&rules, NOW, CloseReason::Drained);
    assert_eq!(machine.received(&rules, NOW, FRAME).frames, 0);
    flush(&mut machine);
    assert_eq!(machine.appetite(&rules, NOW, true).bytes, u64::MAX, "it is read away");
    assert_eq!(machine.received(&rules, NOW, FRAME).frames, 0);
    assert_eq!(machine.queue(&rules, NOW, FRAME, false), Push::Disconnect, "nor is anything more sent");
}

#[test]
fn after_a_close_with_more_frames_in_the_batch_no_later_frame_overtakes_a_lost_one() {
    let rules = rules();
    let mut machine = owing(&rules);
    machine.close(&rules, NOW, CloseReason::OutboxFull);
    assert_eq!(machine.queue(&rules, NOW, b"small", false), Push::Disconnect);
    assert_eq!(machine.outbox().frames(), 1);
}
