//! Promise: a session that is held to a publish rate costs what it publishes at each moment, not what it holds. Counted in bytes that are
//! allocated, over a wire in memory, where each turn of the session is this thread's.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use oread::relay::{House, Houses, Life, Relay};
use oread::session::Session;
use oread::settings::{Address, CodecSettings, LineSettings, ListenerSettings, RelayProtocol, RelaySettings};
use session_fixture::{Wire, World, in_virtual_time};

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts the bytes that this thread asks of it.
struct Counting;

fn count(bytes: usize) {
    ALLOCATED.with(|allocated| allocated.set(allocated.get() + bytes));
}

// SAFETY: every call goes on to `System` as it came; counting in a `Cell` without a destructor allocates nothing itself.
#[expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; there is no other way to see every allocation"
)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const LINES: usize = 800;
const LINE: usize = 20;

/// Bytes that are allocated while the second half of a read of lines is published, two at a time.
#[test]
fn a_backlog_is_not_copied_for_each_message() {
    let room = "lobby".to_owned();
    let relay = RelaySettings {
        publish_rate: 40,
        protocol: RelayProtocol::Plain { room },
        ..RelaySettings::default()
    };
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let mut listener = ListenerSettings::relay("rooms", address, relay.clone());
    listener.codec = CodecSettings::Lines(LineSettings::default());
    let allocated = in_virtual_time(async {
        let world = World::new(&listener);
        let houses = Arc::new(Houses::new(Life::of_number(1), world.context.process.queued.clone()));
        let relay = Relay::new(House::new(&listener, &relay, 1 << 20, &houses));
        let wire = Wire::default();
        let line = [vec![b'x'; LINE - 1], vec![b'\n']].concat();
        wire.change(|ends| ends.incoming.extend(line.repeat(LINES)));
        tokio::spawn(Session::new(wire.clone(), &relay, world.context.clone(), world.admit()).unwrap());
        let published = || usize::try_from(world.stats().relay.published.now()).unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (before, first) = (ALLOCATED.with(Cell::get), published());
        assert!((LINES / 3..=LINES * 2 / 3).contains(&first), "{first} of {LINES}");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(published(), LINES);
        ALLOCATED.with(Cell::get) - before
    });
    let backlog = LINES * LINE;
    // Beside it the log's segments, and the few bytes of each tick's timers.
    assert!(allocated < 8 * backlog, "{allocated} bytes to publish the half of {backlog}");
}
