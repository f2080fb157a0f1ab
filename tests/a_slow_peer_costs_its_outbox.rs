//! Promise: a peer that reads nothing, or only a little, costs its outbox and no more; what happens then is the listener's policy; and every
//! frame received is sent or counted as dropped under its one reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::time::Duration;

use oread::settings::{Settings, WhenFull};
use support::{Daemon, Ending, Wire, frames};

const PAYLOAD: usize = 10_000;
const BYTES: u64 = 200_000;
const FRAMES: u64 = 8;

fn settings(when_full: WhenFull) -> Settings {
    let mut settings = support::settings();
    let listener = &mut settings.listeners[0];
    listener.outbox.when_full = when_full;
    listener.outbox.bytes = BYTES;
    listener.outbox.frames = FRAMES;
    // Small kernel buffers, so that the outbox is soon what counts.
    listener.socket.send_buffer = Some(16 << 10);
    listener.socket.recv_buffer = Some(16 << 10);
    listener.codec = oread::settings::CodecSettings::LengthDelimited(oread::settings::FrameSettings {
        max: 100_000,
        ..Default::default()
    });
    settings
}

/// Sends numbered frames and reads nothing, until all are sent or the session ends.
fn pour(daemon: &Daemon, client: &mut Wire, count: u32) {
    let sent = frames(count, PAYLOAD);
    client.0.set_nonblocking(true).unwrap();
    let mut at = 0;
    support::until("all is sent or the session is full", || {
        match client.0.write(&sent[at..]) {
            Ok(written) => at += written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return true,
        }
        let metrics = daemon.metrics();
        // A session that was not accepted yet has not ended either.
        let began = metrics.sum("oread_sessions_accepted_total", &[]) > 0;
        let ends = metrics.sum("oread_sessions", &["state=\"closing\""]) == metrics.active();
        at == sent.len() || (began && ends)
    });
    client.0.set_nonblocking(false).unwrap();
}

/// What one read may bring of frames beyond the limit in frames, where reading waits: what the limit in bytes leaves room for.
const A_READ: u64 = BYTES / PAYLOAD as u64;

fn bounds_hold(metrics: &support::Metrics, beyond: u64) {
    let bytes = metrics.sum("oread_outbox_bytes", &[]);
    let one_frame = i64::try_from(PAYLOAD).unwrap() + 4;
    assert!(bytes <= i64::try_from(BYTES).unwrap() + one_frame, "{bytes} bytes wait");
    let waiting = metrics.sum("oread_outbox_frames", &[]);
    assert!(waiting <= i64::try_from(FRAMES + beyond).unwrap(), "{waiting} frames wait");
}

/// The numbers of the frames that came.
fn numbers(payloads: &[Vec<u8>]) -> Vec<u32> {
    payloads.iter().map(|payload| u32::from_be_bytes(payload[..4].try_into().unwrap())).collect()
}

/// Sends numbered frames, and reads only when the daemon has all of them. Says which came back.
fn what_is_left_of(daemon: &Daemon, count: u32) -> Vec<u32> {
    let mut client = daemon.connect();
    pour(daemon, &mut client, count);
    let all = daemon.until("all were received", |metrics| metrics.frames("received") == i64::from(count));
    bounds_hold(&all, 1);
    client.half_close();
    let (payloads, ending) = client.rest();
    assert_eq!(ending, Ending::Closed, "no torn frame");
    numbers(&payloads)
}

#[test]
fn block_loses_nothing_and_reads_on_when_the_peer_does() {
    let daemon = Daemon::start(settings(WhenFull::Block));
    let mut client = daemon.connect();
    let sent = frames(2_000, PAYLOAD);
    let mut writer = client.0.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            writer.write_all(&sent).unwrap();
            writer.shutdown(std::net::Shutdown::Write).unwrap();
        });
        daemon.until("it is blocked", |metrics| metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1);
        bounds_hold(&daemon.metrics(), A_READ);
        let (payloads, ending) = client.rest();
        assert_eq!(ending, Ending::Closed);
        assert!(numbers(&payloads).into_iter().eq(0..2_000));
    });
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.sum("oread_frames_dropped_total", &[]), 0);
}

#[test]
fn drop_oldest_keeps_the_newest_and_counts_the_rest() {
    let daemon = Daemon::start(settings(WhenFull::DropOldest));
    let came = what_is_left_of(&daemon, 2_000);
    assert!(came.is_sorted() && came.last() == Some(&1_999), "the newest is always among them");
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.dropped("outbox_oldest"), 2_000 - i64::try_from(came.len()).unwrap());
}

#[test]
fn drop_newest_keeps_the_oldest_and_counts_the_rest() {
    let daemon = Daemon::start(settings(WhenFull::DropNewest));
    let came = what_is_left_of(&daemon, 2_000);
    assert!(
        came.is_sorted() && came.starts_with(&[0, 1, 2, 3, 4, 5, 6, 7]),
        "the oldest are always among them"
    );
    assert_eq!(came.len(), BTreeSet::from_iter(&came).len());
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.dropped("outbox_newest"), 2_000 - i64::try_from(came.len()).unwrap());
}

#[test]
fn disconnect_ends_the_session_and_sends_what_fitted_without_a_gap() {
    let daemon = Daemon::start(settings(WhenFull::Disconnect));
    let mut client = daemon.connect();
    pour(&daemon, &mut client, 2_000);
    daemon.until("it is ending", |metrics| metrics.sum("oread_sessions", &["state=\"closing\""]) == 1);
    let (payloads, _) = client.rest();
    let came = numbers(&payloads);
    assert!((0..).zip(&came).all(|(place, number)| place == *number), "nothing is left out before the end");
    drop(client);
    let metrics = daemon.assert_settles();
    assert_eq!(metrics.closed("outbox_full"), 1);
    assert!(metrics.dropped("session_ended") > 0);
}

#[test]
fn what_has_waited_too_long_is_not_delivered_later() {
    let mut settings = settings(WhenFull::DropOldest);
    settings.listeners[0].outbox.age = Duration::from_millis(100);
    settings.listeners[0].limits.write_stall = Duration::ZERO;
    let daemon = Daemon::start(settings);
    let mut client = daemon.connect();
    pour(&daemon, &mut client, 200);
    daemon.until("all were received", |metrics| metrics.frames("received") == 200);
    let waits = daemon.metrics().sum("oread_outbox_frames", &[]);
    assert!(waits > 1, "{waits} frames wait");
    // Long past their age; nothing happens in this session meanwhile.
    let mut other = daemon.connect();
    let since = std::time::Instant::now();
    while since.elapsed() < Duration::from_millis(400) {
        other.echo(b"time goes by");
    }
    client.half_close();
    let came = numbers(&client.rest().0);
    assert!(came.last() < Some(&199), "{came:?}: the last ones had waited for four times their age");
    drop(other);
    assert!(daemon.assert_settles().dropped("outbox_age") > 0);
}

#[test]
fn a_peer_that_takes_nothing_at_all_is_ended_in_time() {
    for when_full in [WhenFull::Block, WhenFull::DropOldest] {
        let mut settings = settings(when_full);
        settings.listeners[0].limits.write_stall = Duration::from_millis(300);
        let daemon = Daemon::start(settings);
        let mut client = daemon.connect();
        pour(&daemon, &mut client, 2_000);
        let metrics = daemon.assert_settles();
        assert_eq!(metrics.closed("write_stall"), 1, "{when_full:?}");
    }
}

#[test]
fn outboxes_together_stay_within_the_limit_of_the_process() {
    const SLOW: i64 = 20;
    const TOGETHER: i64 = 500_000;
    for when_full in [WhenFull::Block, WhenFull::DropOldest, WhenFull::DropNewest] {
        let mut settings = settings(when_full);
        settings.limits.queued = TOGETHER.cast_unsigned();
        settings.listeners[0].outbox.bytes = 400_000;
        settings.listeners[0].outbox.frames = 1_000;
        let daemon = Daemon::start(settings);
        let sent = frames(30, PAYLOAD);
        let mut most = 0;
        let mut clients: Vec<(Wire, usize)> = (0..SLOW).map(|_| (daemon.connect(), 0)).collect();
        for _ in 0..100 {
            for (client, at) in &mut clients {
                client.0.set_nonblocking(true).unwrap();
                if let Ok(written) = client.0.write(&sent[*at..]) {
                    *at = (*at + written) % sent.len();
                }
            }
            most = most.max(daemon.metrics().sum("oread_outbox_bytes", &[]));
        }
        let one_read_each = SLOW * 50_000;
        assert!(most > TOGETHER / 2, "{most} bytes wait: nobody is slow");
        assert!(most <= TOGETHER + one_read_each, "{most} bytes wait with {when_full:?}");
    }
}
