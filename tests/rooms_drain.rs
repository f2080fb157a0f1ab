//! Promise: TERM amid members that are within a frame, behind, or held by their room: no frame is torn and no connection reset, what was said is
//! delivered to who reads, and the drain ends with the last session. A second TERM cuts who does not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::net::SocketAddr;

use rooms_fixture::{Chronicle, Guest, Heard, Ledger, Speaker, in_time, play, program};
use rustix::process::Signal;
use support::Program;

const MEMBERS: u32 = 200;
const MESSAGES: u32 = 30;
const SIZE: usize = 2_000;

fn drained(program: &mut Program) -> String {
    assert_eq!(program.exit().code(), Some(0));
    program.until_logged("\"message\":\"drained\"")
}

/// Reads to the end of the connection, and says whether it was told to go.
async fn hear_out(guest: &mut Guest, ledger: &mut Ledger) -> bool {
    let mut told = false;
    while let Some(heard) = guest.ears.hear().await {
        ledger.note(&heard);
        told |= heard == Heard::GoingAway;
    }
    told
}

/// Joins, and leaves half a message with the daemon.
async fn begin(address: SocketAddr) -> (Guest, Ledger) {
    let mut guest = Guest::connect(address).await;
    let ledger = guest.join(true).await;
    let half = guest.mouth.message(0, &[b'.'; SIZE]);
    guest.mouth.send(&half[..SIZE / 2]).await;
    (guest, ledger)
}

#[test]
fn among_members_in_the_middle_of_frames() {
    let mut program = program(&["drain.grace=120s", "runtime.workers=2"]);
    play(async {
        let address = program.address("echo");
        let mut members = Vec::new();
        for _ in 0..MEMBERS {
            members.push(begin(address).await);
        }
        let mut speaker = Speaker::come(address).await;
        for _ in 0..10 {
            speaker.say(MESSAGES, SIZE).await;
        }
        program.signal(Signal::TERM);
        // They read on at one moment or another; so nobody is waited for who is still behind.
        let readers: Vec<_> = members
            .into_iter()
            .map(|(mut guest, mut ledger)| {
                tokio::spawn(async move {
                    assert!(hear_out(&mut guest, &mut ledger).await, "it was told to go");
                    ledger
                })
            })
            .collect();
        let Speaker { guest, ledger, .. } = &mut speaker;
        assert!(hear_out(guest, ledger).await);
        let (mut chronicle, mut ledgers) = (Chronicle::default(), Vec::new());
        for reader in readers {
            let ledger = in_time("a member hears the end", reader).await.unwrap();
            chronicle.add(&ledger);
            ledgers.push(ledger);
        }
        assert_eq!(chronicle.newest, u64::from(10 * MESSAGES), "to the last message");
        for ledger in &ledgers {
            ledger.assert_conserved(chronicle.newest);
        }
    });
    // Long before the grace is over, or this would not be waited for.
    let report = drained(&mut program);
    let finished = format!("\"finished\":{}", MEMBERS + 1);
    assert!(report.contains(&finished) && report.contains("\"cut\":0"), "{report}");
}

#[test]
fn a_publisher_whose_room_holds_it_is_not_reset() {
    let mut program = program(&[
        "drain.grace=120s",
        "listener.echo.room.when_behind=block",
        "listener.echo.room.block_for=10m",
    ]);
    play(async {
        let address = program.address("echo");
        let mut laggard = Guest::connect(address).await;
        let mut late = laggard.join(false).await;
        let mut speaker = Speaker::come(address).await;
        let bytes = speaker.next(200, 4_000);
        let Speaker { guest: Guest { ears, mouth, .. }, ledger, .. } = &mut speaker;
        let hear = async {
            let held = || program.metrics().sum("oread_reads_paused_total", &["reason=\"held\""]) > 0;
            rooms_fixture::until("it is held", held).await;
            program.signal(Signal::TERM);
            let mut told = false;
            // Panics at a reset.
            while let Some(heard) = ears.hear().await {
                ledger.note(&heard);
                told |= heard == Heard::GoingAway;
            }
            told
        };
        let (_, told) = tokio::join!(mouth.try_send(&bytes), hear);
        assert!(told, "it was told to go");
        assert!(hear_out(&mut laggard, &mut late).await);
        late.assert_lost_nothing();
        let published = ledger.own.iter().max().copied().unwrap_or(0);
        assert!(published > 0 && published < 200, "{published}");
        late.assert_conserved(published);
    });
    let report = drained(&mut program);
    assert!(report.contains("\"finished\":2") && report.contains("\"cut\":0"), "{report}");
}

#[test]
fn a_second_term_cuts_who_does_not_read() {
    let mut program = program(&["drain.grace=120s"]);
    play(async {
        let address = program.address("echo");
        let mut deaf = Guest::connect(address).await;
        deaf.join(false).await;
        let mut speaker = Speaker::come(address).await;
        speaker.say(100, 4_000).await;
        program.signal(Signal::TERM);
        let Speaker { guest, ledger, .. } = &mut speaker;
        assert!(hear_out(guest, ledger).await);
        speaker.guest.close();
        program.until("only the deaf one is left", |metrics| metrics.active() == 1);
        program.signal(Signal::TERM);
        let _open = deaf.fall_silent();
        let report = drained_with_a_cut(&mut program);
        assert!(report.contains("\"finished\":1") && report.contains("\"cut\":1"), "{report}");
    });
}

/// The exit code of a drain that cut somebody is its own matter.
fn drained_with_a_cut(program: &mut Program) -> String {
    program.exit();
    program.until_logged("\"message\":\"drained\"")
}
