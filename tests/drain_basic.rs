//! Promise: a drain ends every session in order: it stops accepting, delivers what is owed, says goodbye with a FIN, reads away what still
//! arrives, and is over as soon as the last session is. What is not finished at the deadline is cut, and the report says so.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use oread::exit::Exit;
use oread::lifecycle::Order;
use support::{Daemon, Ending, PATIENCE, Wire, frame, frames, settings};

#[test]
fn idle_sessions_get_a_goodbye_and_it_is_over_with_the_last_of_them() {
    let daemon = Daemon::start(settings());
    let mut clients: Vec<Wire> = (0..50).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.echo(b"hello");
    }
    daemon.order(Order::Stop);
    let started = Instant::now();
    for client in &mut clients {
        client.expect_close();
    }
    drop(clients);
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut, report.hurried), (50, 0, false));
    assert_eq!(report.exit(), Exit::Ok);
    assert!(started.elapsed() < settings().drain.grace, "it waited for its deadline");
}

#[test]
fn what_is_owed_is_delivered_before_the_goodbye() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    let mut writer = client.0.try_clone().unwrap();
    // Far more than fits anywhere, from a peer that reads nothing until the drain has begun.
    let sender = std::thread::spawn(move || {
        let sent = frames(10_000, 10_000);
        let _ = writer.write_all(&sent);
    });
    daemon.until("it is blocked", |metrics| metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1);
    daemon.order(Order::Stop);
    daemon.until("it drains", |metrics| metrics.sum("oread_sessions", &["state=\"closing\""]) == 1);
    let (payloads, ending) = client.rest();
    assert_eq!(ending, Ending::Closed, "neither torn nor reset");
    assert!(payloads.len() > 10, "{}", payloads.len());
    for (number, payload) in (0_u32..).zip(&payloads) {
        assert_eq!(payload[..4], number.to_be_bytes());
    }
    client.0.shutdown(std::net::Shutdown::Both).unwrap();
    sender.join().unwrap();
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut), (1, 0));
}

#[test]
fn peers_that_go_on_sending_are_not_reset() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.echo(b"hello");
    daemon.order(Order::Stop);
    daemon.until("it drains", |metrics| metrics.sum("oread_sessions", &["state=\"closing\""]) == 1);
    for _ in 0..100 {
        client.send(&frame(&vec![1; 10_000]));
    }
    client.expect_close();
    drop(client);
    assert_eq!(daemon.ended().cut, 0);
}

#[test]
fn a_session_without_any_deadline_hears_of_it_too() {
    let mut settings = settings();
    let limits = &mut settings.listeners[0].limits;
    (limits.handshake, limits.frame, limits.idle) = Default::default();
    (limits.write_stall, limits.lifetime) = Default::default();
    let daemon = Daemon::start(settings);
    let mut silent = daemon.connect();
    let mut talking = daemon.connect();
    talking.echo(b"hello");
    daemon.until_active(2);
    daemon.order(Order::Stop);
    silent.expect_close();
    talking.expect_close();
    assert_eq!(daemon.ended().finished, 2);
}

#[test]
fn while_the_news_spreads_it_is_not_ready_and_still_accepts() {
    let mut settings = settings();
    settings.drain.delay = PATIENCE;
    let daemon = Daemon::start(settings);
    daemon.order(Order::Stop);
    daemon.until("it is draining", |metrics| metrics.sum("oread_draining", &[]) == 1);
    assert_eq!(daemon.metrics().sum("oread_ready", &[]), 0);
    let mut late = daemon.connect();
    late.echo(b"still served");
    daemon.order(Order::Stop);
    assert_eq!(late.rest().1, Ending::Closed);
    let report = daemon.ended();
    assert!(report.hurried && report.took < PATIENCE, "{report}");
}

#[test]
fn the_deadline_cuts_a_peer_that_does_not_read() {
    let mut settings = settings();
    settings.drain.grace = Duration::from_millis(300);
    let daemon = Daemon::start(settings);
    let (deaf, sender) = deaf(&daemon);
    let mut other = daemon.connect();
    other.echo(b"hello");
    let others_end = std::thread::spawn(move || other.expect_close());
    let address = daemon.address("echo");
    let report = daemon.stop();
    others_end.join().unwrap();
    assert_eq!((report.finished, report.cut), (1, 1));
    assert_eq!(report.exit(), Exit::DrainCut);
    assert!(TcpStream::connect(address).is_err(), "nothing listens any more");
    drop(deaf);
    sender.join().unwrap();
}

#[test]
fn a_second_order_ends_it_at_once() {
    let mut settings = settings();
    settings.drain.grace = Duration::from_mins(10);
    settings.listeners[0].limits.write_stall = Duration::ZERO;
    let daemon = Daemon::start(settings);
    let (deaf, sender) = deaf(&daemon);
    daemon.order(Order::Stop);
    daemon.until("it drains", |metrics| metrics.sum("oread_sessions", &["state=\"closing\""]) == 1);
    daemon.order(Order::Stop);
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut, report.hurried), (0, 1, true));
    drop(deaf);
    sender.join().unwrap();
}

/// A client that sends and does not read, and the thread that sends for it until the connection ends.
fn deaf(daemon: &Daemon) -> (Wire, std::thread::JoinHandle<()>) {
    let client = daemon.connect();
    let mut writer = client.0.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        let sent = frames(100, 10_000);
        while writer.write_all(&sent).is_ok() {}
        // Whatever came is taken, so that the daemon's end is not waited for.
        let _ = writer.read(&mut [0]);
    });
    daemon.until("it is blocked", |metrics| metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1);
    (client, sender)
}

/// The kernel had what was owed, the peer did not: the daemon, having said goodbye, was gone when the peer sent once more, the kernel
/// answered with a reset, and what it had not delivered was lost inside a frame.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn a_peer_that_takes_its_time_gets_all_that_the_kernel_holds() {
    let mut settings = settings();
    settings.listeners[0].socket.send_buffer = Some(4 << 20);
    settings.listeners[0].socket.notsent_lowat = None;
    let daemon = Daemon::start(settings);
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    socket.connect(&daemon.address("echo").into()).unwrap();
    let mut client = Wire(TcpStream::from(socket));
    client.0.set_read_timeout(Some(PATIENCE)).unwrap();
    client.send(&frames(50, 10_000));
    daemon.until("the kernel has all", |metrics| metrics.frames("sent") == 50);
    daemon.order(Order::Stop);
    let since = Instant::now();
    support::until("it has given up waiting, or will not", || {
        TcpStream::connect(daemon.admin).is_err() || since.elapsed() > Duration::from_secs(2)
    });
    client.send(&frame(b"are you still there?"));
    let (payloads, ending) = client.rest();
    assert_eq!((payloads.len(), ending), (50, Ending::Closed));
    drop(client);
    assert_eq!(daemon.ended().cut, 0);
}
