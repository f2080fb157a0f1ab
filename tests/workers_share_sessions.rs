//! Promise: two workers each carry their share of the sessions: of a burst of connections, and of a trickle; with one accept socket that hands
//! over, and with one a worker.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Daemon, Wire, settings};

const SESSIONS: u64 = 200;

/// Sessions of each worker once all are connected.
fn shares(reuse_port: bool) -> Vec<u64> {
    let mut settings = settings();
    settings.runtime.workers = 2.try_into().unwrap();
    settings.listeners[0].socket.reuse_port = reuse_port;
    let daemon = Daemon::start(settings);
    let mut clients: Vec<Wire> = (0..SESSIONS).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.echo(b"hello");
    }
    let status = daemon.status();
    let workers = status["workers"].as_array().unwrap();
    let shares = workers.iter().map(|worker| worker["sessions"].as_u64().unwrap()).collect();
    drop(clients);
    daemon.assert_settles();
    shares
}

#[test]
fn an_accept_socket_hands_over_to_the_worker_with_fewer() {
    assert_eq!(shares(false), [SESSIONS / 2, SESSIONS / 2]);
}

#[cfg(target_os = "linux")]
#[test]
fn with_reuse_port_the_kernel_spreads_them() {
    let shares = shares(true);
    assert_eq!(shares.iter().sum::<u64>(), SESSIONS);
    // By a hash of the addresses: 40 or fewer of 200 on one side would happen once in 10^18 runs.
    assert!(shares.iter().all(|share| *share > 40), "{shares:?}");
}
