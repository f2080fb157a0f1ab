//! Promise: a member that missed messages is told which, at their place, and why; once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

mod room_fixture;

use oread::peer::SessionId;
use oread::reason::GapReason;
use oread::room::{Append, Gap, Hearing, NotSeated, Read, Reading, RoomLog, RoomRules, Run, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;
use room_fixture::{EPOCH, RULES, World};

const SLOW: u64 = 1;
const PUBLISHER: u64 = 2;
const QUICK: u64 = 3;

fn world(rules: RoomRules) -> World {
    let mut world = World::new(rules);
    for session in [SLOW, PUBLISHER, QUICK] {
        world.join(session, Hearing::Others, Start::Newest);
    }
    world
}

fn gaps(world: &World) -> Vec<Gap> {
    world.gaps.iter().map(|(_, gap)| *gap).collect()
}

#[test]
fn one_who_fell_behind_jumps_to_what_is_held() {
    let mut world = world(RoomRules { messages: 16, ..RULES });
    for _ in 0..20 {
        world.publish(PUBLISHER, &[100]);
        world.read(QUICK, 4096);
        world.advance(QUICK, usize::MAX);
    }
    let held = world.log.oldest();
    world.drain();

    assert!(held > 4, "bounded in messages");
    assert_eq!(
        gaps(&world),
        [Gap { first: 1, last: held - 1, missing: held - 1, reason: GapReason::Behind }]
    );
    assert_eq!(world.gaps[0].0, SLOW, "the quick one missed nothing");
}

#[test]
fn its_own_messages_are_not_missing_to_it() {
    let mut world = world(RoomRules { messages: 8, ..RULES });
    world.publish(PUBLISHER, &[10]);
    world.publish(SLOW, &[10, 10, 10]);
    for _ in 0..8 {
        world.publish(PUBLISHER, &[10]);
    }
    assert_eq!(world.log.oldest(), 5);
    world.read(SLOW, 4096);

    assert_eq!(gaps(&world), [Gap { first: 1, last: 4, missing: 1, reason: GapReason::Behind }]);
}

#[test]
fn a_range_that_is_all_its_own_is_not_announced() {
    let mut world = world(RoomRules { max_age: 10, ..RULES });
    world.publish(PUBLISHER, &[10]);
    world.read(SLOW, 4096);
    world.publish(SLOW, &[10]);
    world.now = 5;
    world.publish(PUBLISHER, &[10]);
    world.advance(SLOW, usize::MAX);
    world.now = 12;
    assert!(world.read(SLOW, 4096));

    assert_eq!(gaps(&world), []);
}

#[test]
fn what_is_too_old_is_announced_and_what_is_not_is_delivered() {
    let mut world = world(RoomRules { max_age: 10, ..RULES });
    world.publish(PUBLISHER, &[10, 10]);
    world.now = 1;
    world.publish(PUBLISHER, &[10, 10]);
    world.now = 11;
    world.drain();

    let gap = Gap { first: 1, last: 2, missing: 2, reason: GapReason::TooOld };
    assert_eq!(gaps(&world), [gap, gap]);
    assert_eq!(world.log.account(&world.members[&SLOW].member).received, 2);
}

#[test]
fn a_write_that_is_under_way_is_not_undone_by_what_happens_meanwhile() {
    let mut world = world(RoomRules { messages: 8, ..RULES });
    world.publish(PUBLISHER, &[10; 4]);
    world.read(SLOW, 4096);
    for _ in 0..10 {
        world.publish(PUBLISHER, &[10]);
    }
    assert!(world.log.oldest() > 5, "all that is under way was given up");
    world.advance(SLOW, 25);
    world.read(SLOW, 4096);

    let last = world.log.oldest() - 1;
    assert_eq!(gaps(&world), [Gap { first: 4, last, missing: last - 3, reason: GapReason::Behind }]);
}

#[test]
fn a_run_longer_than_the_room_does_not_push_itself_off() {
    let mut world = world(RoomRules { messages: 8, ..RULES });
    let mut left = 50;
    while left > 0 {
        left -= world.publish(PUBLISHER, &vec![10; left]);
        world.drain();
    }
    assert_eq!(gaps(&world), []);
}

#[test]
fn a_replay_goes_on_where_it_was_left() {
    let mut world = world(RoomRules { history: 100, ..RULES });
    world.publish(PUBLISHER, &[10; 6]);
    world.drain();
    world.leave(QUICK);
    world.publish(PUBLISHER, &[10; 3]);
    world.join(QUICK, Hearing::Others, Start::After { epoch: EPOCH, position: 6 });
    world.join(4, Hearing::Others, Start::Oldest);
    world.drain();

    assert_eq!(gaps(&world), []);
    assert_eq!(world.log.account(&world.members[&QUICK].member).received, 3);
    assert_eq!(world.log.account(&world.members[&4].member).received, 9);
}

#[test]
fn a_replay_of_what_is_not_held_begins_with_a_gap() {
    let mut world = world(RoomRules { messages: 8, ..RULES });
    for _ in 0..20 {
        world.publish(PUBLISHER, &[10]);
    }
    world.join(4, Hearing::Others, Start::After { epoch: EPOCH, position: 2 });
    world.join(5, Hearing::Others, Start::After { epoch: EPOCH + 1, position: 2 });
    world.read(4, 4096);
    world.read(5, 4096);
    assert!(!world.read(5, 4096), "live from here on");

    let last = world.log.oldest() - 1;
    assert_eq!(
        gaps(&world),
        [
            Gap { first: 3, last, missing: last - 2, reason: GapReason::NotKept },
            Gap { first: 0, last: 0, missing: 0, reason: GapReason::AnotherEpoch },
        ]
    );
}

#[test]
fn laggards_are_named_where_they_are_to_end() {
    let mut log = RoomLog::new(
        RoomRules { messages: 8, when_behind: WhenBehind::Disconnect, ..RULES },
        EPOCH,
        Tick::ZERO,
    );
    let slow = log.join(Tick::ZERO, SessionId(SLOW), Hearing::Others, Start::Newest).unwrap();
    let publisher = log.join(Tick::ZERO, SessionId(PUBLISHER), Hearing::Others, Start::Newest).unwrap();
    let named: Vec<_> = (0..9)
        .flat_map(|_| match log.append(Tick::ZERO, &publisher, Run { bytes: b"x", ends: &[1] }, || ()) {
            Append::Taken { laggards, .. } => laggards,
            other => panic!("{other:?}"),
        })
        .collect();

    assert_eq!(named, [SessionId(SLOW)]);
    assert_eq!(log.leave(Tick::ZERO, slow).account.unread, 9);
}

#[test]
fn a_room_has_so_many_seats_and_one_for_each_session() {
    let mut log: RoomLog<()> = RoomLog::new(RoomRules { members: 2, ..RULES }, EPOCH, Tick::ZERO);
    let mut join = |session| log.join(Tick::ZERO, SessionId(session), Hearing::Others, Start::Newest);
    let first = join(1).unwrap();
    assert_eq!(join(1), Err(NotSeated::AlreadyIn));
    let second = join(2).unwrap();
    assert_eq!(join(3), Err(NotSeated::RoomFull));

    assert_eq!(log.read(Tick::ZERO, &first, 1, &mut Reading::new(), || ()), Read::Waiting { wake: vec![] });
    log.leave(Tick::ZERO, first);
    log.leave(Tick::ZERO, second);
    assert!(log.is_over(Tick::ZERO));
}

#[test]
fn a_room_that_was_left_keeps_its_tail_for_a_while() {
    let mut world = world(RoomRules { linger: 600, ..RULES });
    world.publish(PUBLISHER, &[10; 3]);
    for session in [SLOW, PUBLISHER, QUICK] {
        world.leave(session);
    }
    world.now = 599;
    world.tend();
    assert!(!world.log.is_over(Tick::new(599)));
    world.join(SLOW, Hearing::Others, Start::After { epoch: EPOCH, position: 1 });
    world.drain();
    assert_eq!(world.log.account(&world.members[&SLOW].member).received, 2);

    world.leave(SLOW);
    world.now = 1199;
    world.tend();
    assert!(world.log.is_over(Tick::new(1199)));
    assert_eq!(world.log.bytes(), 0);
}
