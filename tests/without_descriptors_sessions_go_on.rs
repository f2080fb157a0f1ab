//! Out of descriptors, sessions go on, operators are answered, the log says so now and then and hardly a core notices; and as soon as one is
//! free, the next connection is accepted.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};
use support::{Program, Wire, frame};

const WINDOW: Duration = Duration::from_millis(1_500);

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
    let fault = "kind=\"process_descriptors\"";
    daemon.until("accept fails", |metrics| metrics.sum("oread_accept_errors_total", &[fault]) > 3);

    let (cpu, since) = (daemon.cpu(), Instant::now());
    while since.elapsed() < WINDOW {
        for client in &mut seated {
            client.echo(b"undisturbed");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let used = daemon.cpu().saturating_sub(cpu);
    assert!(used < WINDOW / 5, "{used:?} of CPU in {WINDOW:?}, 300 echoes included");
    let complaints = daemon.log().lines().filter(|line| line.contains("cannot accept")).count();
    assert!((1..=7).contains(&complaints), "{complaints} lines");

    assert_eq!(seat(&mut waiting, &mut seated), 3, "as many as there were descriptors");
    for _ in 0..3 {
        drop(seated.pop());
        let freed = Instant::now();
        support::until("the next is served", || seat(&mut waiting, &mut seated) == 1);
        assert!(freed.elapsed() < Duration::from_secs(1), "after {:?}", freed.elapsed());
    }
    let metrics = daemon.metrics();
    assert_eq!(metrics.sum("oread_sessions_refused_total", &[]), 0);
}
