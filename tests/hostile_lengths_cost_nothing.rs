//! Promise: a length is a claim. One over the maximum ends the session at once; one within it costs memory only as its bytes arrive, and its
//! time is limited from its first byte.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::{Duration, Instant};

use support::{Ending, Program, Wire, settings};

/// Enough that allocating what they announce would show, few enough for any descriptor limit.
const PEERS: usize = 1_500;
const MIB: u64 = 1 << 20;

#[test]
fn a_length_over_the_maximum_closes_at_once_and_allocates_nothing() {
    let daemon = Program::start(&["listener.echo.frame.max=1MiB"]);
    daemon.connect().echo(b"warm");
    let before = daemon.resident();
    let close = |_| {
        let mut peer = daemon.connect();
        let started = Instant::now();
        peer.send(&u32::MAX.to_be_bytes()).expect_close();
        started.elapsed()
    };
    // The quickest: the others also show what else the machine does meanwhile.
    let quickest = (0..100).map(close).min().unwrap();
    assert!(quickest < Duration::from_millis(50), "{quickest:?} to close");
    let grown = daemon.resident().saturating_sub(before);
    assert!(grown < 4 * MIB, "{grown} bytes for claims of 4 GiB");
    daemon.until("all are closed for it", |metrics| metrics.closed("frame_too_large") == 100);
}

#[test]
fn the_maximum_passes_and_one_more_does_not() {
    let mut settings = settings();
    settings.listeners[0].codec =
        oread::settings::CodecSettings::LengthDelimited(oread::settings::FrameSettings {
            max: 1000,
            ..Default::default()
        });
    let daemon = support::Daemon::start(settings);
    let mut peer = daemon.connect();
    peer.echo(&[1; 1000]);
    // What came before the fault is answered, though it came in the same read.
    peer.send(&[support::frame(&[2; 10]), support::frame(&[3; 1001])].concat());
    assert_eq!(peer.rest(), (vec![vec![2; 10]], Ending::Closed));
    assert_eq!(daemon.assert_settles().closed("frame_too_large"), 1);
}

#[test]
fn legal_lengths_and_then_silence_cost_little_and_time_out() {
    let daemon = Program::start(&[
        "listener.echo.frame.max=8MiB",
        "listener.echo.outbox.bytes=8MiB",
        "listener.echo.limits.frame=3s",
    ]);
    daemon.connect().echo(b"warm");
    let before = daemon.resident();
    let mut peers: Vec<Wire> = (0..PEERS).map(|_| daemon.connect()).collect();
    for peer in &mut peers {
        peer.echo(b"");
        peer.send(&0x007f_ffff_u32.to_be_bytes()).send(b"a few bytes of it");
    }
    let partial = i64::try_from(PEERS).unwrap() * 21;
    daemon.until("all frames are open", |metrics| metrics.sum("oread_partial_frame_bytes", &[]) >= partial);
    let each = daemon.resident().saturating_sub(before) / PEERS as u64;
    assert!(each < 8192, "{each} bytes for a connection that announced 8 MiB");
    for peer in &mut peers {
        peer.expect_close();
    }
    daemon.until("all have timed out", |metrics| {
        metrics.closed("frame_timeout") == i64::try_from(PEERS).unwrap()
    });
    daemon.until("and are gone", |metrics| metrics.active() == 0).assert_settled();
}

#[test]
fn unfinished_frames_of_all_sessions_together_stay_within_their_budget() {
    let daemon = Program::start(&["limits.partial_frames=4MiB", "listener.echo.frame.max=1MiB"]);
    let mut peers: Vec<Wire> = (0..20).map(|_| daemon.connect()).collect();
    for peer in &mut peers {
        peer.send(&(1_u32 << 20).to_be_bytes()).send(&vec![0; 500_000]);
    }
    let metrics = daemon.until("those over it are closed", |metrics| metrics.closed("partial_budget") >= 12);
    assert!(metrics.sum("oread_partial_frame_bytes", &[]) <= 4 * MIB.cast_signed());
    let mut another = daemon.connect();
    another.echo(b"small frames still pass");
}

#[test]
fn those_who_fill_the_budget_with_large_frames_do_not_end_those_with_small_ones() {
    let daemon = Program::start(&[
        "limits.partial_frames=100KiB",
        "listener.echo.frame.max=50KiB",
        "listener.echo.outbox.bytes=64KiB",
    ]);
    let mut hoarders: Vec<Wire> = (0..9).map(|_| daemon.connect()).collect();
    for hoarder in &mut hoarders {
        hoarder.send(&(50_u32 << 10).to_be_bytes()).send(&[0; 10_000]);
    }
    daemon.until("the budget is all but spent", |metrics| {
        metrics.sum("oread_partial_frame_bytes", &[]) >= 85_000 || metrics.closed("partial_budget") > 0
    });
    let mut innocent = daemon.connect();
    for _ in 0..20 {
        // Each of these leaves an unfinished frame behind for a moment, with the budget spent by others.
        innocent.send(&2_000_u32.to_be_bytes()).send(&[7; 1_000]);
        hoarders[0].send(&[0; 100]);
        innocent.send(&[7; 1_000]);
        innocent.expect(&[&2_000_u32.to_be_bytes()[..], &[7; 2_000]].concat());
    }
}
