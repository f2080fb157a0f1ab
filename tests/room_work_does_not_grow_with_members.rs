//! Promise: what a member's coming, reading, falling behind and going costs does not depend on how many others there are, nor its coming on
//! how much is held. Counted in steps, not in time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

use oread::peer::SessionId;
use oread::room::{Append, Hearing, Member, Read, Reading, RoomLog, RoomRules, Run, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;

const NOW: Tick = Tick::ZERO;

const RULES: RoomRules = RoomRules {
    bytes: 256 << 10,
    messages: 4096,
    max_age: 0,
    history: 0,
    linger: 0,
    members: 10_000,
    when_behind: WhenBehind::Skip,
    block_for: 0,
};

struct Room {
    log: RoomLog<()>,
    publisher: Member,
    members: Vec<Member>,
    reading: Reading,
}

fn room(members: u64) -> Room {
    let mut log = RoomLog::new(RULES, 1, NOW);
    let publisher = log.join(NOW, SessionId(0), Hearing::Others, Start::Newest).unwrap();
    let join = |session| log.join(NOW, SessionId(session), Hearing::Others, Start::Newest).unwrap();
    let members = (1..=members).map(join).collect();
    Room { log, publisher, members, reading: Reading::new() }
}

impl Room {
    /// Publishes so many times 16 messages.
    fn publish(&mut self, times: u32) {
        let ends: Vec<u32> = (1..=16).map(|at| at * 128).collect();
        for _ in 0..times {
            let run = Run { bytes: &[7; 2048], ends: &ends };
            assert!(matches!(
                self.log.append(NOW, &self.publisher, run, || ()),
                Append::Taken { messages: 16, .. }
            ));
        }
    }

    /// Steps that one call for each member takes, a member.
    fn steps(&mut self, mut call: impl FnMut(&mut RoomLog<()>, &mut Reading, &Member)) -> f64 {
        let before = self.log.steps();
        for member in &self.members {
            call(&mut self.log, &mut self.reading, member);
        }
        (self.log.steps() - before) as f64 / self.members.len() as f64
    }
}

fn read_and_advance(log: &mut RoomLog<()>, reading: &mut Reading, member: &Member) {
    assert_eq!(log.read(NOW, member, 64 << 10, reading, || ()), Read::Ready);
    let written = reading.bytes();
    assert!(log.advance(NOW, member, reading, written).rest.is_none());
}

/// Steps of each of the things that a member does, a member; and of appends that push all members off.
fn costs(members: u64) -> [f64; 5] {
    let mut room = room(members);
    room.publish(1);
    let keep_up = room.steps(read_and_advance);
    let waits = room.steps(|log, reading, member| {
        assert_eq!(log.read(NOW, member, 1, reading, || ()), Read::Waiting { wake: vec![] });
    });

    let before = room.log.steps();
    room.publish(1000);
    let pushed_off = (room.log.steps() - before) as f64 / 1000.0;
    let catch_up = room.steps(|log, reading, member| {
        read_and_advance(log, reading, member);
    });

    let before = room.log.steps();
    for member in std::mem::take(&mut room.members) {
        assert!(room.log.leave(NOW, member).account.adds_up());
    }
    let leaves = (room.log.steps() - before) as f64 / members as f64;
    assert_eq!(room.log.members(), 1);
    assert_eq!(room.log.segments(), 1, "the last that leaves frees what they had not read");
    [keep_up, waits, pushed_off, catch_up, leaves]
}

#[test]
fn five_thousand_cost_no_more_each_than_fifty() {
    let (few, many) = (costs(50), costs(5000));
    for (few, many) in few.into_iter().zip(many) {
        assert!(many <= few * 1.01 + 0.1, "{few} steps a member of 50, {many} of 5,000");
        assert!(many <= 16.0, "{many} steps");
    }
}

#[test]
fn who_comes_into_the_past_or_wants_otherwise_is_not_asked_what_of_it_is_its_own() {
    let mut room = room(0);
    room.publish(1000);
    assert!(room.log.messages() > 1000, "{} messages are held", room.log.messages());

    let before = room.log.steps();
    let mut late = Vec::new();
    for (session, start) in (1..).zip([Start::Oldest, Start::After { epoch: 1, position: 15_000 }]) {
        late.push(room.log.join(NOW, SessionId(session), Hearing::Others, start).unwrap());
    }
    for hearing in [Hearing::All, Hearing::Others] {
        assert!(late.iter().all(|member| room.log.hear(member, hearing).is_empty()));
    }
    let each = (room.log.steps() - before) / late.len() as u64;
    assert!(each <= 16, "{each} steps");
}
