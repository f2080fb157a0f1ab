//! Promise: out of descriptors, sessions go on, operators are answered, the log says so now and then, and accept is tried now and then; when a
//! descriptor is free, the next connection is accepted. (How soon, exactly: `accept_waits_and_wakes.rs`. What it costs:
//! `make measure-descriptors`.)

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};
use support::{Metrics, Program, Wire, frame};

const WINDOW: Duration = Duration::from_millis(1_500);
const FAULT: &str = "kind=\"process_descriptors\"";

/// Lets the process open `more` descriptors beyond those that it has.
fn leave(daemon: &Program, more: usize) {
    let open = std::fs::read_dir(format!("/proc/{}/fd", daemon.pid().as_raw_nonzero())).unwrap();
    let open: BTreeSet<u64> =
        open.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    // New ones get the lowest number that is free. There may be gaps, and inherited ones far above.
    let limit = (0..).filter(|number| !open.contains(number)).nth(more);
    prlimit(Some(daemon.pid()), Resource::Nofile, Rlimit { current: limit, maximum: limit }).unwrap();
}

/// Seats those that wait no longer: they were answered. Says how many they were.
fn seat(waiting: &mut Vec<Wire>, seated: &mut Vec<Wire>) -> usize {
    let before = waiting.len();
    for mut client in std::mem::take(waiting) {
        match client.0.read(&mut [0; 9]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => waiting.push(client),
            answer => {
                assert_eq!(answer.unwrap(), 9);
                client.0.set_nonblocking(false).unwrap();
                seated.push(client);
            }
        }
    }
    before - waiting.len()
}

#[test]
fn and_the_next_is_accepted_when_one_is_free() {
    let started = Instant::now();
    let daemon = Program::start(&[]);
    let mut seated: Vec<Wire> = (0..20).map(|_| daemon.connect()).collect();
    for client in &mut seated {
        client.echo(b"seated");
    }
    leave(&daemon, 3);
    let mut waiting: Vec<Wire> = (0..10).map(|_| daemon.connect()).collect();
    for client in &mut waiting {
        client.send(&frame(b"hello"));
        client.0.set_nonblocking(true).unwrap();
    }
    let faults = |metrics: &Metrics| metrics.sum("oread_accept_errors_total", &[FAULT]);
    let since = Instant::now();
    // With the ninth the waits are at their longest, a second.
    let before = faults(&daemon.until("accept waits", |metrics| faults(metrics) > 8));
    while since.elapsed() < WINDOW {
        for client in &mut seated {
            client.echo(b"undisturbed");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let attempts = faults(&daemon.metrics()) - before;
    let seconds = i64::try_from(since.elapsed().as_secs()).unwrap() + 1;
    assert!(attempts <= seconds, "{attempts} attempts in {:?}", since.elapsed());
    let complaints = daemon.log().lines().filter(|line| line.contains("cannot accept")).count();
    let most = usize::try_from(started.elapsed().as_secs() / 10 + 1).unwrap();
    assert!((1..=most).contains(&complaints), "{complaints} lines, at most one in ten seconds");

    assert_eq!(seat(&mut waiting, &mut seated), 3, "as many as there were descriptors");
    for _ in 0..3 {
        drop(seated.pop());
        support::until("the next is served", || seat(&mut waiting, &mut seated) == 1);
    }
    let metrics = daemon.metrics();
    assert_eq!(metrics.sum("oread_sessions_refused_total", &[]), 0);
}
