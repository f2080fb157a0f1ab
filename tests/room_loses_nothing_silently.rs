//! Promise: whatever is done to a room and in whatever order, each member receives each message of others or is told that it is missing,
//! at its place; all see one order; the room's bounds hold; and what all have read is freed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

mod room_fixture;

use oread::room::{Hearing, RoomRules, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;
use proptest::prelude::*;
use room_fixture::{EPOCH, World};

#[derive(Debug, Clone)]
enum Call {
    Join(u64, Hearing, Begin),
    Leave(u64),
    Publish(u64, Vec<usize>),
    Read(u64, usize),
    Advance(u64, usize),
    ReadAll(u64),
    Hear(u64, Hearing),
    Pass(u32),
    Tend,
    Shed,
    Skip,
}

#[derive(Debug, Clone, Copy)]
enum Begin {
    Newest,
    Oldest,
    /// So many messages before the newest.
    Back(u64),
    Elsewhere,
}

fn hearing() -> impl Strategy<Value = Hearing> {
    prop_oneof![6 => Just(Hearing::Others), 3 => Just(Hearing::All), 1 => Just(Hearing::Nothing)]
}

fn lens() -> impl Strategy<Value = Vec<usize>> {
    let len = prop_oneof![6 => 1..40_usize, 3 => 40..200_usize, 1 => 200..3000_usize];
    prop_oneof![4 => prop::collection::vec(len.clone(), 1..6), 1 => prop::collection::vec(len, 1..60)]
}

fn call() -> impl Strategy<Value = Call> {
    let who = || 1..7_u64;
    let begin = prop_oneof![
        4 => Just(Begin::Newest),
        2 => Just(Begin::Oldest),
        3 => (0..60_u64).prop_map(Begin::Back),
        1 => Just(Begin::Elsewhere)
    ];
    prop_oneof![
        3 => (who(), hearing(), begin).prop_map(|(who, hearing, begin)| Call::Join(who, hearing, begin)),
        1 => who().prop_map(Call::Leave),
        8 => (who(), lens()).prop_map(|(who, lens)| Call::Publish(who, lens)),
        6 => (who(), 1..3000_usize).prop_map(|(who, quantum)| Call::Read(who, quantum)),
        6 => (who(), prop_oneof![0..400_usize, Just(usize::MAX)]).prop_map(|(who, written)| Call::Advance(who, written)),
        3 => who().prop_map(Call::ReadAll),
        1 => (who(), hearing()).prop_map(|(who, hearing)| Call::Hear(who, hearing)),
        2 => (0..30_u32).prop_map(Call::Pass),
        1 => Just(Call::Tend),
        1 => Just(Call::Shed),
        2 => Just(Call::Skip),
    ]
}

fn rules() -> impl Strategy<Value = RoomRules> {
    let when_behind =
        prop_oneof![Just(WhenBehind::Block), Just(WhenBehind::Skip), Just(WhenBehind::Disconnect)];
    let ticks = || prop_oneof![Just(0_u32), 1..40_u32];
    let sizes = (2048..12_000_usize, prop_oneof![1..100_usize, Just(10_000)]);
    (sizes, ticks(), ticks(), ticks(), when_behind, ticks()).prop_map(
        |((bytes, messages), max_age, history, linger, when_behind, block_for)| RoomRules {
            bytes,
            messages,
            max_age,
            history,
            linger,
            members: 100,
            when_behind,
            block_for,
        },
    )
}

fn run(world: &mut World, call: Call) {
    match call {
        Call::Join(who, hearing, begin) => {
            let newest = world.log.newest();
            let start = match begin {
                Begin::Newest => Start::Newest,
                Begin::Oldest => Start::Oldest,
                Begin::Back(back) => Start::After { epoch: EPOCH, position: newest.saturating_sub(back) },
                Begin::Elsewhere => Start::After { epoch: EPOCH + 1, position: 3 },
            };
            world.join(who, hearing, start);
        }
        Call::Leave(who) => world.leave(who),
        Call::Publish(who, lens) => {
            world.publish(who, &lens);
        }
        Call::Read(who, quantum) => {
            world.read(who, quantum);
        }
        Call::Advance(who, written) => world.advance(who, written),
        Call::ReadAll(who) => {
            world.advance(who, usize::MAX);
            while world.read(who, 500) && world.members.contains_key(&who) {
                world.advance(who, usize::MAX);
            }
        }
        Call::Hear(who, hearing) => world.hear(who, hearing),
        Call::Pass(ticks) => world.now += ticks,
        Call::Tend => world.tend(),
        Call::Shed => world.shed(),
        Call::Skip => world.skip(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_is_received_or_announced(rules in rules(), calls in prop::collection::vec(call(), 1..200)) {
        let mut world = World::new(rules);
        for call in calls {
            run(&mut world, call);
            world.retry();
        }

        world.drain();
        for reader in world.members.values() {
            prop_assert_eq!(world.log.account(&reader.member).unread, 0);
        }
        // Where nobody is behind, anybody may publish.
        if let Some(who) = world.members.keys().next().copied() {
            prop_assert_eq!(world.publish(who, &[5]), 1);
        }
        world.drain();
        world.now += 1000;
        world.tend();
        prop_assert_eq!((world.log.segments(), world.log.bytes(), world.log.longest_lag(Tick::new(world.now))), (0, 0, 0));
    }
}
