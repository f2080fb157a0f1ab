//! How the process holds its memory. One decision: no transparent huge pages.
//!
//! mimalloc asks the kernel for huge pages, and a heap that is mostly small, long-lived session state then keeps whole 2 MiB pages resident
//! for the few kilobytes used in them. `docs/decisions/0003-allocator.md` has the figures.

/// Keeps the process's pages small, where the platform lets it choose. Best effort: without it, only more memory is used.
#[cfg(target_os = "linux")]
pub fn prefer_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "transparent huge pages stay on");
    }
}

/// Keeps the process's pages small, where the platform lets it choose.
#[cfg(not(target_os = "linux"))]
pub fn prefer_small_pages() {}
