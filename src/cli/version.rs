//! What `--version` says: the version and, in its long form, what this binary was built from and for.
//!
//! A build that knows its commit passes it as `OREAD_BUILD_COMMIT` at compile time; nothing is read at run
//! time.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

/// `-V`.
pub(super) const SHORT: &str = env!("CARGO_PKG_VERSION");

/// `--version`.
pub(super) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = option_env!("OREAD_BUILD_COMMIT").unwrap_or("unknown");
        let allocator = if cfg!(feature = "mimalloc") { "mimalloc" } else { "system" };
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        format!("{SHORT}\ncommit {commit}\ntarget {ARCH}-{OS}\nbuild {profile}, allocator {allocator}")
    });
    &TEXT
}
