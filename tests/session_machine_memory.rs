//! Promise: a session's memory grows with what came, never with what was announced, and is given back with the frame.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::session::machine::{Machine, Rules};
use oread::settings::{Address, ListenerSettings};
use oread::tick::Tick;

const NOW: Tick = Tick::new(1);

fn rules() -> Rules {
    Rules::new(&ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into())))
}

#[test]
fn a_large_length_that_is_legal_costs_what_came_of_the_frame() {
    let (rules, mut machine) = (rules(), Machine::new(NOW));
    machine.received(&rules, NOW, &[0, 0x0F, 0xFF, 0xFF]);
    assert!(machine.kept_capacity() <= 16, "{} bytes for four", machine.kept_capacity());
    let mut came = 4;
    for part in [1, 10, 100, 1000, 10_000] {
        machine.received(&rules, NOW, &vec![7; part]);
        came += part;
        assert!(machine.kept_capacity() <= 2 * came, "{} bytes for {came}", machine.kept_capacity());
    }
    assert_eq!(machine.kept().len(), came);
}

#[test]
fn a_length_over_the_maximum_costs_nothing() {
    let (rules, mut machine) = (rules(), Machine::new(NOW));
    let arrival = machine.received(&rules, NOW, &[0xFF; 4]);
    assert!(arrival.fault.is_some());
    assert_eq!(machine.kept_capacity(), 0);
}

#[test]
fn a_session_at_a_border_owns_no_buffer() {
    let (rules, mut machine) = (rules(), Machine::new(NOW));
    machine.received(&rules, NOW, b"\0\0\0\x05he");
    assert!(machine.kept_capacity() > 0);
    let arrival = machine.received(&rules, NOW, b"llo");
    assert_eq!(arrival.head, b"\0\0\0\x05he");
    assert_eq!(machine.kept_capacity(), 0);
    assert!(machine.outbox().is_empty());
}
