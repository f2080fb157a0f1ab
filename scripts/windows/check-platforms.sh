#!/usr/bin/env bash
# Type-checks Oread, its tests and all its dependencies for platforms that nobody here can run.
# Without the default features: the allocator is in C and would need each platform's own compiler.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'check-platforms: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# shellcheck source=scripts/windows/toolchain.sh
. scripts/windows/toolchain.sh
install rustc-web cargo-web rust-web-src

# libproc makes its bindings on a Mac only; for docs.rs it carries a made set, which is what a check elsewhere needs.
readonly libproc='profile.dev.package.libproc.rustflags=["--cfg","docsrs"]'

failed=0
for target in x86_64-apple-darwin aarch64-apple-darwin x86_64-unknown-freebsd; do
    if debian_cargo check --quiet --locked --all-targets --no-default-features "$build_std" -Zprofile-rustflags --config "$libproc" \
        --target "$target" --target-dir target/platforms; then
        say "$target: ok"
    else
        say "$target: FAILED"
        failed=1
    fi
done
exit "$failed"
