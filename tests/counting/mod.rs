//! The system's allocator, which counts what this thread asks of it. A test that names this module allocates through it. Not a test.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
}

/// Allocations of this thread so far; one that grows counts as another.
pub fn allocations() -> u64 {
    ALLOCATIONS.get()
}

/// Bytes that this thread allocated so far, freed or not.
pub fn allocated() -> usize {
    ALLOCATED.get()
}

/// Bytes that this thread holds.
pub fn held() -> usize {
    ALLOCATED.get().saturating_sub(FREED.get())
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn took(bytes: usize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    ALLOCATED.set(ALLOCATED.get() + bytes);
}

fn gave(bytes: usize) {
    FREED.set(FREED.get() + bytes);
}

// SAFETY: every call goes on to `System` as it came; counting in a `Cell` without a destructor allocates nothing itself.
#[expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; there is no other way to see every allocation"
)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        gave(layout.size());
        took(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
