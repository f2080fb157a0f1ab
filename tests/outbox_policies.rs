//! Promise: a full outbox does what its policy says, to whole frames only, and says what it did. (Any sequence of calls: `tests/harness/outbox.rs`.)

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::outbox::{CONTROL_BYTES, Outbox, OutboxRules, Push};
use oread::reason::DropReason;
use oread::settings::WhenFull;
use oread::tick::Tick;

const NOW: Tick = Tick::new(100);

/// Two frames, ten bytes, five ticks.
fn rules(when_full: WhenFull) -> OutboxRules {
    OutboxRules { frames: 2, bytes: 10, age: 5, when_full }
}

fn waiting(outbox: &Outbox) -> Vec<u8> {
    outbox.slices().iter().flat_map(|slice| slice.iter().copied()).collect()
}

/// An outbox with these frames, pushed now.
fn holding(rules: &OutboxRules, frames: &[&[u8]]) -> Outbox {
    let mut outbox = Outbox::default();
    for frame in frames {
        assert_eq!(outbox.push(rules, NOW, frame, false), Push::Queued);
    }
    outbox
}

#[test]
fn block_leaves_no_room_at_any_of_the_three_limits() {
    let rules = rules(WhenFull::Block);
    assert_eq!(Outbox::default().room(&rules, NOW), 10);
    assert_eq!(holding(&rules, &[b"1234"]).room(&rules, NOW), 6, "bytes");
    assert_eq!(holding(&rules, &[b"1", b"2"]).room(&rules, NOW), 0, "frames");
    assert_eq!(holding(&rules, &[b"1"]).room(&rules, NOW.after(4)), 9);
    assert_eq!(holding(&rules, &[b"1"]).room(&rules, NOW.after(5)), 0, "age");
}

#[test]
fn drop_oldest_drops_as_many_as_the_new_one_needs() {
    let rules = rules(WhenFull::DropOldest);
    let mut outbox = holding(&rules, &[b"1111", b"2222"]);
    assert_eq!(outbox.push(&rules, NOW, b"3", false), Push::Displaced { aged: 0, oldest: 1 });
    assert_eq!(waiting(&outbox), b"22223");
    assert_eq!(outbox.push(&rules, NOW, b"4444444444", false), Push::Displaced { aged: 0, oldest: 2 });
    assert_eq!(waiting(&outbox), b"4444444444");
}

#[test]
fn drop_oldest_says_when_age_was_the_reason() {
    let rules = rules(WhenFull::DropOldest);
    let mut outbox = holding(&rules, &[b"1"]);
    assert_eq!(outbox.next_expiry(&rules), NOW.after(5));
    assert_eq!(outbox.expire(&rules, NOW.after(4)), 0);
    assert_eq!(outbox.push(&rules, NOW.after(5), b"2", false), Push::Displaced { aged: 1, oldest: 0 });
    assert_eq!(outbox.expire(&rules, NOW.after(10)), 1);
    assert!(outbox.is_empty());
}

#[test]
fn drop_oldest_counts_each_frame_for_its_own_reason() {
    let rules = OutboxRules { frames: 4, ..rules(WhenFull::DropOldest) };
    let mut outbox = holding(&rules, &[b"1111", b"2222"]);
    assert_eq!(outbox.push(&rules, NOW.after(3), b"33", false), Push::Queued);
    let push = outbox.push(&rules, NOW.after(5), b"444444444", false);
    assert_eq!(push, Push::Displaced { aged: 2, oldest: 1 }, "two were old, the third only in the way");
    assert_eq!(waiting(&outbox), b"444444444");
}

#[test]
fn a_frame_that_was_begun_is_finished_whatever_the_policy() {
    let rules = rules(WhenFull::DropOldest);
    let mut outbox = holding(&rules, &[b"1111", b"2222"]);
    outbox.advance(1);
    assert_eq!(outbox.expire(&rules, NOW.after(99)), 1, "only the one behind it");
    assert_eq!(outbox.push(&rules, NOW, b"3333333333", false), Push::Displaced { aged: 0, oldest: 0 });
    assert_eq!(waiting(&outbox), b"1113333333333");
    assert_eq!(outbox.push(&rules, NOW, b"4", false), Push::Displaced { aged: 0, oldest: 1 });
    assert_eq!(waiting(&outbox), b"1114");
}

#[test]
fn drop_newest_and_disconnect_keep_what_waits() {
    for (policy, answer) in [
        (WhenFull::DropNewest, Push::Refused(DropReason::OutboxNewest)),
        (WhenFull::Disconnect, Push::Disconnect),
    ] {
        let rules = rules(policy);
        let mut outbox = holding(&rules, &[b"1111", b"2"]);
        assert_eq!(outbox.push(&rules, NOW, b"3", false), answer, "frames");
        let mut large = holding(&rules, &[b"1111"]);
        assert_eq!(large.push(&rules, NOW, b"2222222", false), answer, "bytes");
        let mut old = holding(&rules, &[b"1"]);
        assert_eq!(old.push(&rules, NOW.after(5), b"2", false), answer, "age");
        assert_eq!(waiting(&outbox), b"11112");
    }
}

#[test]
fn an_empty_outbox_takes_any_one_frame_since_it_would_never_go_else() {
    for policy in [WhenFull::DropOldest, WhenFull::DropNewest, WhenFull::Disconnect] {
        assert_eq!(holding(&rules(policy), &[&[7; 99]]).frames(), 1);
    }
}

#[test]
fn control_goes_ahead_at_borders_and_never_into_a_frame() {
    let rules = rules(WhenFull::Block);
    let mut outbox = holding(&rules, &[b"1111", b"2222"]);
    assert!(outbox.push_control(NOW, b"c"));
    assert_eq!(waiting(&outbox), b"c11112222", "nothing was begun");
    assert_eq!(outbox.advance(3), 1);
    assert!(outbox.push_control(NOW, b"dd"));
    assert_eq!(
        waiting(&outbox),
        b"11dd",
        "first what was begun, then control; the rest has its turn after it"
    );
    assert_eq!(outbox.advance(3), 1);
    assert_eq!(waiting(&outbox), b"d2222", "a control frame that was begun is whole too");
    assert_eq!(outbox.advance(5), 2);
    assert!(outbox.is_empty(), "and no memory is held");
}

#[test]
fn control_is_bounded_and_holds_reading_back() {
    let rules = rules(WhenFull::Block);
    let mut outbox = Outbox::default();
    assert!(outbox.push_control(NOW, &[7; CONTROL_BYTES]));
    assert!(!outbox.push_control(NOW, b"1"));
    assert_eq!(outbox.room(&rules, NOW), 0);
}

#[test]
fn a_frame_of_no_bytes_holds_no_memory() {
    let rules = rules(WhenFull::Block);
    assert!(holding(&rules, &[b""]).is_empty());
    assert_eq!(std::mem::size_of::<Outbox>(), std::mem::size_of::<usize>());
}
