//! Promise: members that never read cost the daemon the room's log and bounded buffers, and the others nothing; when they read again, what they
//! are told is missing is exact. Members that stall one after another, each within another message, keep no more than a message each.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::net::SocketAddr;

use oread::reason::GapReason;
use rooms_fixture::{Audience, Guest, Ledger, Speaker, in_time, play, program};
use support::Program;

/// Every fifth of the members never reads. The daemon is a process of its own, so that each end is counted once.
const MEMBERS: usize = 1_500;
/// What the allocator may keep for itself.
const SLACK: u64 = 2 << 20;

fn log_bytes(program: &Program) -> u64 {
    u64::try_from(program.metrics().sum("oread_room_log_bytes", &[])).unwrap()
}

async fn seat(address: SocketAddr, members: usize) -> Vec<(Guest, Ledger)> {
    let mut seated = Vec::new();
    for _ in 0..members {
        let mut guest = Guest::connect(address).await;
        let ledger = guest.join(false).await;
        seated.push((guest, ledger));
    }
    seated
}

/// Reads on, with both sides open: who closes its own has no longer than `write_stall` for what waits in the kernel.
async fn follow(mut guest: Guest, mut ledger: Ledger, until: u64) -> Ledger {
    guest.ears.follow(&mut ledger, until).await;
    ledger
}

/// All read on at the same time: of each the kernel may be slow to notice that its window is open again.
async fn read_on(program: &Program, stalled: Vec<(Guest, Ledger)>, until: u64) -> Vec<Ledger> {
    let reading: Vec<_> =
        stalled.into_iter().map(|(guest, ledger)| tokio::spawn(follow(guest, ledger, until))).collect();
    let mut ledgers = Vec::new();
    for reader in reading {
        ledgers.push(reader.await.unwrap_or_else(|_| panic!("{}", program.log())));
    }
    ledgers
}

#[test]
fn a_fifth_of_the_members_never_reads() {
    const LOG: u64 = 64 << 10;
    const SIZE: usize = 4_000;
    let limit = oread::descriptors::raise().now.unwrap_or(u64::MAX);
    let members = MEMBERS.min(usize::try_from(limit).unwrap() - 100);
    let silent = members / 5;
    let program = program(&["listener.echo.frame.max=8KiB", "listener.echo.room.log_bytes=64KiB"]);
    play(async {
        let address = program.address("echo");
        let stalled = seat(address, silent).await;
        let audience = Audience::seat(address, members - silent).await;
        let mut speaker = Speaker::come(address).await;
        // Whatever every session needs once is there from here on.
        audience.hears(speaker.say(10, SIZE).await).await;
        let before = program.resident();
        for _ in 0..10 {
            audience.hears(speaker.say(10, SIZE).await).await;
            let log = log_bytes(&program);
            assert!(log <= LOG, "the log holds {log} bytes");
        }
        let grown = program.resident().saturating_sub(before);
        let bound = LOG + u64::try_from(silent * SIZE).unwrap() + SLACK;
        assert!(grown <= bound, "{grown} bytes for {silent} that do not read");

        let end = speaker.say_end().await;
        for ledger in audience.ledgers().await {
            ledger.assert_lost_nothing();
            ledger.assert_conserved(end);
        }
        for ledger in read_on(&program, stalled, end).await {
            ledger.assert_missed_for(GapReason::Behind);
            ledger.assert_conserved(end);
        }
    });
}

/// Members stall one after another, `apart` messages of `size` bytes between two. Says by how much memory grew over that.
fn stall_in_turns(settings: &[&str], members: usize, apart: u32, size: usize, log: u64) -> u64 {
    let program = program(settings);
    play(async {
        let address = program.address("echo");
        let audience = Audience::seat(address, 1).await;
        let seated = seat(address, members).await;
        let mut speaker = Speaker::come(address).await;
        // All of the log is in use once before anybody stalls.
        let warm = u32::try_from(log).unwrap() / u32::try_from(size).unwrap() + 1;
        let mut said = 0;
        for _ in 0..warm.div_ceil(apart) {
            said = speaker.say(apart, size).await;
            audience.hears(said).await;
        }
        let mut readers = Vec::new();
        for (turn, (mut guest, mut ledger)) in (0..).zip(seated) {
            let last = said + u64::from(apart) * turn;
            readers.push(tokio::spawn(async move {
                guest.ears.follow(&mut ledger, last).await;
                (guest, ledger)
            }));
        }
        let before = program.resident();
        let mut stalled = Vec::new();
        for reader in readers {
            stalled.push(in_time("it has read up to where it stalls", reader).await.unwrap());
            audience.hears(speaker.say(apart, size).await).await;
            assert!(log_bytes(&program) <= log, "{} bytes in the log", log_bytes(&program));
        }
        // Those who stalled last have not filled the kernel's buffers yet.
        for _ in 0..(256 << 10) / (size * apart as usize) + 2 {
            audience.hears(speaker.say(apart, size).await).await;
        }
        let kept = program.metrics().sum("oread_outbox_bytes", &[]);
        let most = members * (size + 100);
        assert!(kept > 0 && kept <= i64::try_from(most).unwrap(), "{kept} bytes of unfinished messages");
        let grown = program.resident().saturating_sub(before);
        let end = speaker.say_end().await;
        for ledger in read_on(&program, stalled, end).await {
            ledger.assert_conserved(end);
        }
        grown
    })
}

#[test]
fn small_messages_that_are_unfinished_hold_none_of_their_neighbours() {
    // A part of the log is 64 KiB: 64 of them would be 4 MiB.
    let grown = stall_in_turns(&["listener.echo.room.log_bytes=512KiB"], 64, 64, 1_000, 512 << 10);
    assert!(grown <= 64 * 1_100 + SLACK, "{grown} bytes");
}

#[test]
fn large_messages_that_are_unfinished_are_one_each() {
    let grown = stall_in_turns(&[], 40, 2, 60_000, 256 << 10);
    assert!(grown <= 40 * 60_100 + (256 << 10) + SLACK, "{grown} bytes");
}
