#!/bin/sh
# Runs each fuzz target for FUZZ_SECONDS from its kept corpus. Findings end it with an error and stay in fuzz/artifacts.
# No sanitizer by default: the code under test has no unsafe block. FUZZ_SANITIZER=address turns one on.
# New inputs go to target/fuzz-corpus, not into the kept one: `cargo +nightly fuzz cmin` decides what is worth keeping.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz-short: no nightly toolchain (rustup toolchain install nightly); replaying the kept corpus instead"
    exec cargo test --test fuzz_corpus
fi
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked

# All findings are worth seeing, not only the first.
status=0
for target in "$@"; do
    mkdir -p "target/fuzz-corpus/$target"
    echo "fuzz-short: $target, ${FUZZ_SECONDS:-15} s"
    cargo +nightly fuzz run --sanitizer "${FUZZ_SANITIZER:-none}" "$target" \
        "target/fuzz-corpus/$target" "fuzz/corpus/$target" -- \
        -max_total_time="${FUZZ_SECONDS:-15}" -max_len=4096 -timeout=10 -print_final_stats=1 -print_funcs=0 -verbosity=0 || status=1
done
exit "$status"
