//! Promise: sessions are limited for the process, the listener and the address. A refusal is counted under the limit that refused, and a place
//! is free as soon as its session has ended, however many came and went.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use oread::settings::{Address, ListenerSettings, SessionLimit, Settings};
use support::{Daemon, Wire, settings};

/// Fills `limit` places of the listener `echo`, expects that more are refused for `reason`, frees one and takes it again.
#[track_caller]
fn assert_limits(settings: Settings, limit: usize, reason: &str) {
    let daemon = Daemon::start(settings);
    let mut seated: Vec<Wire> = (0..limit).map(|_| daemon.connect()).collect();
    for client in &mut seated {
        client.echo(b"seated");
    }
    for _ in 0..5 {
        let _ = daemon.connect().rest();
    }
    daemon.until("five were refused", |metrics| metrics.refused(reason) == 5);
    drop(seated.pop());
    daemon.until_active(i64::try_from(limit - 1).unwrap());
    let mut next = daemon.connect();
    next.echo(b"seated again");
    for client in &mut seated {
        client.echo(b"undisturbed");
    }
    drop((next, seated));
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.sum("oread_sessions_refused_total", &[]), 5);
}

#[test]
fn of_a_listener() {
    let mut settings = settings();
    settings.listeners[0].limits.sessions = 4;
    assert_limits(settings, 4, "listener_full");
}

#[test]
fn of_an_address() {
    let mut settings = settings();
    settings.listeners[0].limits.sessions_per_ip = 3;
    assert_limits(settings, 3, "address_full");
}

#[test]
fn of_the_process() {
    let mut settings = settings();
    settings.limits.sessions = SessionLimit::Exactly(5);
    assert_limits(settings, 5, "process_full");
}

#[test]
fn the_limit_of_the_process_is_of_all_listeners_together() {
    let mut settings = settings();
    settings.limits.sessions = SessionLimit::Exactly(2);
    settings.listeners.push(ListenerSettings::echo("second", Address::Tcp(([127, 0, 0, 1], 0).into())));
    let daemon = Daemon::start(settings);
    let (mut one, mut two) = (daemon.connect(), Wire::connect(daemon.address("second")));
    one.echo(b"one");
    two.echo(b"two");
    let _ = daemon.connect().rest();
    let _ = Wire::connect(daemon.address("second")).rest();
    let metrics = daemon.until("both were refused", |metrics| metrics.refused("process_full") == 2);
    assert_eq!(metrics.active(), 2);
}

#[test]
fn a_crowd_at_the_door_gets_just_the_places_that_there_are_time_after_time() {
    const PLACES: usize = 50;
    let mut settings = settings();
    settings.runtime.workers = 2.try_into().unwrap();
    settings.listeners[0].limits.sessions = PLACES as u64;
    let daemon = Daemon::start(settings);
    for round in 1..=10 {
        let seated = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut clients: Vec<Wire> = (0..PLACES).map(|_| daemon.connect()).collect();
                    for client in &mut clients {
                        use std::io::{Read, Write};
                        let asked = client.0.write_all(&support::frame(b"in?"));
                        let answered = asked.is_ok() && client.0.read_exact(&mut [0; 7]).is_ok();
                        seated.fetch_add(usize::from(answered), SeqCst);
                    }
                    // Nobody leaves before the door has been shut in front of all the rest.
                    let refused = i64::try_from(3 * PLACES * round).unwrap();
                    daemon
                        .until("the rest is refused", |metrics| metrics.refused("listener_full") >= refused);
                });
            }
        });
        assert_eq!(seated.into_inner(), PLACES, "round {round}");
        daemon.until_active(0);
    }
    daemon.assert_settles();
}
