//! Promise: a room's memory is its log's bound and one unfinished message for each member that stalls, wherever in the log they stall.
//!
//! Counted by the allocator, so that a segment that somebody still holds would be seen.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counting;

use oread::peer::SessionId;
use oread::room::{Append, Hearing, Read, Reading, RoomLog, RoomRules, Run, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;

const NOW: Tick = Tick::ZERO;
const BYTES: usize = 1 << 20;

const RULES: RoomRules = RoomRules {
    bytes: BYTES,
    messages: 65_536,
    max_age: 0,
    history: 0,
    linger: 0,
    members: 10_000,
    when_behind: WhenBehind::Skip,
    block_for: 0,
};

/// Members stall one after another, each after a byte of another message of `len` bytes. Says what the most was that was held beyond what
/// there was before the first message, and what the members kept.
fn stall(members: u64, len: usize) -> (usize, usize) {
    let mut log = RoomLog::new(RULES, 1, NOW);
    let publisher = log.join(NOW, SessionId(0), Hearing::Others, Start::Newest).unwrap();
    let mut seats: Vec<_> = (1..=members)
        .map(|session| log.join(NOW, SessionId(session), Hearing::Others, Start::Newest).unwrap())
        .collect();
    let message = vec![7; len];
    let ends = [u32::try_from(len).unwrap()];
    let mut rests = Vec::with_capacity(seats.len());
    let before = counting::held();
    let mut most = 0;
    for member in &seats {
        // Enough for each to stall in a segment of its own.
        for _ in 0..(70_000 / len).max(1) {
            let taken = log.append(NOW, &publisher, Run { bytes: &message, ends: &ends }, || ());
            assert!(matches!(taken, Append::Taken { messages: 1, .. }));
        }
        let mut reading = Reading::new();
        assert_eq!(log.read(NOW, member, 1, &mut reading, || ()), Read::Ready);
        rests.push(log.advance(NOW, member, &mut reading, 1).rest.unwrap());
        most = most.max(counting::held() - before);
    }
    let kept = rests.iter().map(|rest| rest.len() + 1).sum();
    assert!(log.bytes() <= BYTES);
    drop(rests);
    assert!(counting::held() - before <= BYTES * 5 / 4, "what members kept is theirs alone");
    while let Some(member) = seats.pop() {
        assert!(log.leave(NOW, member).account.adds_up());
    }
    assert!(counting::held().saturating_sub(before) < 128 << 10, "what nobody reads is freed");
    (most, kept)
}

#[test]
fn members_that_stall_hold_a_message_each_and_no_segment() {
    for (members, len) in [(1000, 128), (300, 12_000), (300, 20_000), (100, 100_000)] {
        let (most, kept) = stall(members, len);
        assert_eq!(kept, usize::try_from(members).unwrap() * len);
        // The index grows by doubling, which the charge does not foresee; and a kept rest has a little header of its own.
        let bound = BYTES * 5 / 4 + kept + usize::try_from(members).unwrap() * 128;
        assert!(most <= bound, "{most} bytes with {members} members in messages of {len}, more than {bound}");
    }
}

#[test]
fn what_all_have_read_is_freed_at_once() {
    let mut log = RoomLog::new(RULES, 1, NOW);
    let seats: Vec<_> = (0..3)
        .map(|session| log.join(NOW, SessionId(session), Hearing::Others, Start::Newest).unwrap())
        .collect();
    let mut reading = Reading::new();
    for _ in 0..3000 {
        let taken = log.append(NOW, &seats[0], Run { bytes: &[7; 1000], ends: &[500, 1000] }, || ());
        assert!(matches!(taken, Append::Taken { messages: 2, .. }));
        for member in &seats[1..] {
            assert_eq!(log.read(NOW, member, 4096, &mut reading, || ()), Read::Ready);
            let written = reading.bytes();
            assert!(log.advance(NOW, member, &mut reading, written).rest.is_none());
        }
        assert_eq!(log.segments(), 1, "only the one that is being written to");
        assert!(log.bytes() < 80 << 10, "{} bytes", log.bytes());
    }
}

#[test]
fn tiny_messages_are_charged_for_their_index() {
    let mut log = RoomLog::new(RULES, 1, NOW);
    let publishers: Vec<_> = (0..2)
        .map(|session| log.join(NOW, SessionId(session), Hearing::All, Start::Newest).unwrap())
        .collect();
    let before = counting::held();
    for at in 0..100_000 {
        let taken = log.append(NOW, &publishers[at % 2], Run { bytes: b"x", ends: &[1] }, || ());
        assert!(matches!(taken, Append::Taken { messages: 1, .. }));
        assert!(counting::held() - before <= BYTES * 5 / 4);
    }
    assert!(log.messages() > 8000, "{} messages held", log.messages());
}
