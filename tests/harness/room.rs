//! Law of a room's log, against the model of `tests/room_fixture`: each message of others is received or announced as missing, at its place; one
//! order; bounds; whoever waits is woken.

use arbitrary::{Arbitrary, Result, Unstructured};
use oread::room::{Hearing, RoomRules, Start};
use oread::settings::WhenBehind;

#[path = "../room_fixture/mod.rs"]
mod room_fixture;

use room_fixture::{EPOCH, World};

/// One call.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Call {
    Join(u8, Wish, u8),
    Leave(u8),
    Publish(u8, [u16; 4]),
    Read(u8, u16),
    Advance(u8, u16),
    ReadAll(u8),
    Hear(u8, Wish),
    Pass(u8),
    Tend,
    Shed,
    Skip,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Wish {
    Others,
    All,
    Nothing,
}

/// Makes the calls that `data` says.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok(rules) = rules(&mut source) else { return };
    let mut world = World::new(rules);
    while !source.is_empty() {
        let Ok(call) = source.arbitrary::<Call>() else { break };
        make(&mut world, call);
        world.retry();
    }
    world.drain();
    for reader in world.members.values() {
        assert_eq!(world.log.account(&reader.member).unread, 0, "all was read or announced");
    }
}

fn rules(source: &mut Unstructured<'_>) -> Result<RoomRules> {
    Ok(RoomRules {
        bytes: source.int_in_range(2048..=12_000)?,
        messages: source.int_in_range(1..=200)?,
        max_age: source.int_in_range(0..=40)?,
        history: source.int_in_range(0..=40)?,
        linger: source.int_in_range(0..=40)?,
        members: 100,
        when_behind: *source.choose(&[WhenBehind::Block, WhenBehind::Skip, WhenBehind::Disconnect])?,
        block_for: source.int_in_range(0..=40)?,
    })
}

fn make(world: &mut World, call: Call) {
    match call {
        Call::Join(who, wish, back) => world.join(session(who), wish.into(), start(back, world.log.newest())),
        Call::Leave(who) => world.leave(session(who)),
        Call::Publish(who, lens) => {
            // Of no bytes: one less in the run.
            let lens: Vec<usize> =
                lens.into_iter().map(|len| usize::from(len) % 3000).filter(|len| *len > 0).collect();
            if !lens.is_empty() {
                world.publish(session(who), &lens);
            }
        }
        Call::Read(who, quantum) => drop(world.read(session(who), usize::from(quantum % 3000) + 1)),
        Call::Advance(who, written) => world.advance(session(who), written.into()),
        Call::ReadAll(who) => {
            let who = session(who);
            world.advance(who, usize::MAX);
            while world.read(who, 500) && world.members.contains_key(&who) {
                world.advance(who, usize::MAX);
            }
        }
        Call::Hear(who, wish) => world.hear(session(who), wish.into()),
        Call::Pass(ticks) => world.now += u32::from(ticks % 32),
        Call::Tend => world.tend(),
        Call::Shed => world.shed(),
        Call::Skip => world.skip(),
    }
}

/// Few, so that they meet.
fn session(who: u8) -> u64 {
    u64::from(who % 6) + 1
}

fn start(back: u8, newest: u64) -> Start {
    match back {
        0 => Start::Newest,
        1 => Start::Oldest,
        2 => Start::After { epoch: EPOCH + 1, position: 3 },
        back => Start::After { epoch: EPOCH, position: newest.saturating_sub(back.into()) },
    }
}

impl From<Wish> for Hearing {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Others => Self::Others,
            Wish::All => Self::All,
            Wish::Nothing => Self::Nothing,
        }
    }
}
