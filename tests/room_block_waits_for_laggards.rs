//! Promise: in a `block` room publishers wait for those who have not read, who are named after `block_for`; nobody waits for ever, nobody
//! for itself, and nobody for one that was skipped and has read nothing since.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

mod room_fixture;

use oread::peer::SessionId;
use oread::room::{Append, Hearing, Member, Read, Reading, RoomLog, RoomRules, Run, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;
use room_fixture::{EPOCH, RULES, Waker, World};

const BLOCK: RoomRules = RoomRules { messages: 8, when_behind: WhenBehind::Block, block_for: 100, ..RULES };

fn fill(world: &mut World, session: u64) -> usize {
    (0..100).take_while(|_| world.publish(session, &[10]) == 1).count()
}

#[test]
fn a_publisher_goes_on_when_the_laggard_has_read() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::Others, Start::Newest);
    world.join(2, Hearing::Others, Start::Newest);
    assert_eq!(fill(&mut world, 2), 8);
    world.read(1, 4096);
    assert_eq!(world.publish(2, &[10]), 0, "what is under way is not yet read");
    world.advance(1, usize::MAX);

    assert_eq!(fill(&mut world, 2), 8);
    world.drain();
    assert_eq!(world.gaps, []);
}

#[test]
fn a_publisher_does_not_wait_for_itself() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::All, Start::Newest);
    assert_eq!(fill(&mut world, 1), 100);
}

#[test]
fn a_publisher_is_woken_when_only_its_own_lag_is_left() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::Others, Start::Newest);
    world.join(2, Hearing::All, Start::Newest);
    assert_eq!(fill(&mut world, 2), 8);
    world.retry();
    world.read(1, 4096);
    world.advance(1, usize::MAX);
    assert_eq!(world.publish(2, &[10]), 1);
    world.drain();
    assert_eq!(world.gaps.len(), 1, "it was skipped itself: {:?}", world.gaps);
}

#[test]
fn a_publisher_is_woken_when_the_laggard_passes_over_its_own() {
    let mut log = RoomLog::new(RoomRules { bytes: 64 << 10, messages: 1000, ..BLOCK }, EPOCH, Tick::ZERO);
    let mut join =
        |session, hearing| log.join(Tick::ZERO, SessionId(session), hearing, Start::Newest).unwrap();
    let (laggard, publisher) = (join(1, Hearing::Others), join(2, Hearing::Nothing));
    let append = |log: &mut RoomLog<u64>, member, len: usize| {
        let ends = [u32::try_from(len).unwrap()];
        log.append(Tick::ZERO, member, Run { bytes: &vec![7; len], ends: &ends }, || 2)
    };
    let mut reading = Reading::new();
    let _ = append(&mut log, &publisher, 10);
    assert_eq!(log.read(Tick::ZERO, &laggard, 4096, &mut reading, || 1), Read::Ready);
    for _ in 0..7 {
        assert!(matches!(append(&mut log, &laggard, 6 << 10), Append::Taken { .. }));
    }
    let _ = log.advance(Tick::ZERO, &laggard, &mut reading, 10);
    assert!(matches!(append(&mut log, &publisher, 30 << 10), Append::Full { .. }));

    let read = log.read(Tick::ZERO, &laggard, 4096, &mut reading, || 1);
    assert_eq!(read, Read::Waiting { wake: vec![2] });
    assert!(matches!(append(&mut log, &publisher, 30 << 10), Append::Taken { .. }));
}

#[test]
fn nobody_is_woken_for_a_write_that_took_nothing() {
    let mut log = RoomLog::new(BLOCK, EPOCH, Tick::ZERO);
    let mut join =
        |session| log.join(Tick::ZERO, SessionId(session), Hearing::Others, Start::Newest).unwrap();
    let (laggard, publisher) = (join(1), join(2));
    let run = Run { bytes: b"message", ends: &[7] };
    while matches!(log.append(Tick::ZERO, &publisher, run, || 2), Append::Taken { .. }) {}

    let mut reading = Reading::new();
    assert_eq!(log.read(Tick::ZERO, &laggard, 7, &mut reading, || 1), Read::Ready);
    assert_eq!(log.advance(Tick::ZERO, &laggard, &mut reading, 0).wake, [0; 0], "its socket took nothing");
    assert_eq!(log.read(Tick::ZERO, &laggard, 7, &mut reading, || 1), Read::Ready);
    assert_eq!(log.advance(Tick::ZERO, &laggard, &mut reading, 7).wake, [2], "it has left the first segment");
}

#[test]
fn a_publisher_that_gives_way_and_still_waits_lets_a_smaller_run_pass() {
    let mut log = RoomLog::new(RoomRules { bytes: 64 << 10, messages: 1000, ..BLOCK }, EPOCH, Tick::ZERO);
    let mut join =
        |session, hearing| log.join(Tick::ZERO, SessionId(session), hearing, Start::Newest).unwrap();
    let (greedy, modest) = (join(1, Hearing::Others), join(2, Hearing::Nothing));
    let slow = join(3, Hearing::Others);
    let append = |log: &mut RoomLog<u64>, member, len: usize, waker| {
        let ends = [u32::try_from(len).unwrap()];
        log.append(Tick::ZERO, member, Run { bytes: &vec![7; len], ends: &ends }, || waker)
    };
    for _ in 0..10 {
        assert!(matches!(append(&mut log, &modest, 6 << 10, 2), Append::Taken { .. }));
    }
    let mut reading = Reading::new();
    assert_eq!(log.read(Tick::ZERO, &slow, 12 << 10, &mut reading, || 3), Read::Ready);
    let _ = log.advance(Tick::ZERO, &slow, &mut reading, 12 << 10);
    assert!(matches!(append(&mut log, &modest, 6 << 10, 2), Append::Full { .. }), "held by the greedy one");

    let refused = append(&mut log, &greedy, 20 << 10, 1);
    assert!(matches!(&refused, Append::Full { wake, .. } if *wake == [2]), "{refused:?}");
    assert!(matches!(append(&mut log, &modest, 6 << 10, 2), Append::Taken { .. }));
}

#[test]
fn a_publisher_is_woken_when_the_laggard_wants_no_more() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::Others, Start::Newest);
    world.join(2, Hearing::Others, Start::Newest);
    assert_eq!(fill(&mut world, 2), 8);
    assert_eq!(world.log.hear(&world.members[&1].member, Hearing::Nothing), [Waker::Publisher(2)]);
}

#[test]
fn a_run_longer_than_the_room_goes_in_by_parts() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::Others, Start::Newest);
    world.join(2, Hearing::Others, Start::Newest);
    let mut left = 30;
    while left > 0 {
        let taken = world.publish(2, &vec![10; left]);
        assert!(taken > 0);
        left -= taken;
        world.drain();
    }
    assert_eq!(world.log.account(&world.members[&1].member).received, 30);
}

#[test]
fn members_that_all_write_before_they_read_do_not_lock_the_room() {
    let mut log = RoomLog::new(BLOCK, EPOCH, Tick::ZERO);
    let members: Vec<_> = (0..4)
        .map(|session| log.join(Tick::ZERO, SessionId(session), Hearing::Others, Start::Newest).unwrap())
        .collect();
    let mut now = 0;
    let mut published = 0;
    let mut named = 0;
    while published < 200 {
        assert!(now < 100_000, "the room is locked");
        for (session, member) in members.iter().enumerate() {
            let waker = || Waker::Publisher(session as u64);
            match log.append(Tick::new(now), member, Run { bytes: b"message", ends: &[7] }, waker) {
                Append::Taken { .. } => published += 1,
                Append::Full { until, .. } => now = until.number(),
                Append::Overdue { laggards, .. } => {
                    assert!(!laggards.contains(&SessionId(session as u64)));
                    named += laggards.len();
                    let woken = log.skip(Tick::new(now));
                    assert!(woken.contains(&waker()), "it was told to wait");
                }
            }
        }
    }
    assert!(named > 0);
    assert!(members.iter().all(|member| log.account(member).adds_up()));
}

/// A room of eight segments of a message each, with one who is silent, one who is quick, and a publisher.
struct Trio {
    log: RoomLog<Waker>,
    silent: Member,
    quick: Member,
    publisher: Member,
    reading: Reading,
}

impl Trio {
    fn new() -> Self {
        let mut log = RoomLog::new(BLOCK, EPOCH, Tick::ZERO);
        let mut join =
            |session| log.join(Tick::ZERO, SessionId(session), Hearing::Others, Start::Newest).unwrap();
        let (silent, quick, publisher) = (join(1), join(2), join(3));
        Self { log, silent, quick, publisher, reading: Reading::new() }
    }

    fn publish(&mut self, now: u32) -> Append<Waker> {
        let run = Run { bytes: b"message", ends: &[7] };
        self.log.append(Tick::new(now), &self.publisher, run, || Waker::Publisher(3))
    }

    fn is_taken(&mut self, now: u32) -> bool {
        matches!(self.publish(now), Append::Taken { .. })
    }

    /// The quick one reads all there is, of at most so many messages.
    fn follow(&mut self, messages: usize) {
        let Self { log, quick, reading, .. } = self;
        while log.read(Tick::ZERO, quick, messages * 7, reading, || Waker::Reader(2)) == Read::Ready {
            assert_eq!(reading.gap(), None, "it misses nothing");
            let written = reading.bytes();
            let _ = log.advance(Tick::ZERO, quick, reading, written);
            if messages < 8 {
                break;
            }
        }
    }

    /// Publishes until the silent one holds the room, waits as long as it has to, and skips it.
    fn skip_the_silent_one(&mut self) {
        while self.is_taken(0) {
            self.follow(8);
        }
        assert!(matches!(self.publish(100), Append::Overdue { laggards, .. } if laggards == [SessionId(1)]));
        assert_eq!(self.log.skip(Tick::new(100)), [Waker::Publisher(3)]);
    }
}

#[test]
fn who_is_skipped_misses_what_had_to_go_and_the_others_nothing() {
    let mut room = Trio::new();
    for _ in 0..8 {
        assert!(room.is_taken(0));
    }
    room.follow(5);
    assert!(!room.is_taken(0), "the silent one holds the room");

    assert_eq!(room.log.skip(Tick::ZERO), [Waker::Publisher(3)]);
    let read = room.log.read(Tick::ZERO, &room.silent, 4096, &mut room.reading, || Waker::Reader(1));
    assert_eq!((read, room.reading.messages()), (Read::Ready, 7));
    let gap = room.reading.gap().unwrap();
    assert_eq!((gap.first, gap.last, gap.missing), (1, 1, 1));
    let _ = room.log.advance(Tick::ZERO, &room.silent, &mut room.reading, 0);
    room.follow(8);
    for member in [&room.silent, &room.quick, &room.publisher] {
        assert!(room.log.account(member).adds_up());
    }
}

#[test]
fn who_was_skipped_and_reads_nothing_holds_nobody_up_again() {
    let mut room = Trio::new();
    room.skip_the_silent_one();
    for _ in 0..1000 {
        assert!(room.is_taken(100), "nobody waits for who had its time");
        room.follow(8);
        // Its socket takes nothing, whatever it is offered and told.
        let _ = room.log.read(Tick::new(100), &room.silent, 7, &mut room.reading, || Waker::Reader(1));
        let _ = room.log.advance(Tick::new(100), &room.silent, &mut room.reading, 0);
    }
    assert!(room.log.account(&room.silent).adds_up());
}

#[test]
fn publishers_wait_for_the_others_beside_who_was_skipped() {
    let mut room = Trio::new();
    room.skip_the_silent_one();
    let taken = (0..100).take_while(|_| room.is_taken(100)).count();
    assert_eq!(taken, 8, "the quick one has its time still");
    room.follow(1);
    assert!(room.is_taken(100));
    assert!(!room.is_taken(100));
}

#[test]
fn publishers_wait_again_for_who_was_skipped_once_it_reads() {
    let mut room = Trio::new();
    room.skip_the_silent_one();
    assert!(room.is_taken(100));
    assert_eq!(
        room.log.read(Tick::new(100), &room.silent, 7, &mut room.reading, || Waker::Reader(1)),
        Read::Ready
    );
    assert_eq!(room.log.advance(Tick::new(100), &room.silent, &mut room.reading, 1).messages, 1);
    room.follow(8);

    let taken = (0..100).take_while(|_| room.is_taken(100)).count();
    assert!(taken < 8, "{taken} were published past one who reads");
}

#[test]
fn who_joins_behind_who_was_skipped_has_its_time() {
    let mut room = Trio::new();
    room.skip_the_silent_one();
    let start = Start::After { epoch: EPOCH, position: 0 };
    let late = room.log.join(Tick::new(100), SessionId(4), Hearing::Others, start).unwrap();
    assert_eq!((0..100).take_while(|_| room.is_taken(100)).count(), 1, "it asked for what is held");
    assert!(room.log.leave(Tick::new(100), late).wake.contains(&Waker::Publisher(3)));
    assert!(room.is_taken(100));
}

#[test]
fn the_clock_of_a_full_room_begins_anew_when_somebody_reads() {
    let mut world = World::new(BLOCK);
    world.join(1, Hearing::Others, Start::Newest);
    world.join(2, Hearing::Others, Start::Newest);
    fill(&mut world, 2);
    world.now = 90;
    world.read(1, 10);
    world.advance(1, usize::MAX);
    fill(&mut world, 2);
    world.now = 110;

    let publisher = &world.members[&2].member;
    let again =
        world.log.append(Tick::new(110), publisher, Run { bytes: b"x", ends: &[1] }, || Waker::Publisher(2));
    assert!(matches!(again, Append::Full { until, .. } if until == Tick::new(190)), "{again:?}");
}
