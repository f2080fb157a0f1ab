#!/usr/bin/env bash
# Checks the supply chain: licences, banned and duplicate crates, sources. Installs cargo-deny when it is missing.
# Advisories need their database from the network: they are checked where it can be reached, and said to be skipped where not.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
cargo deny --all-features check bans licenses sources
if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --all-features check --disable-fetch advisories
else
    echo "deny: advisories skipped: their database cannot be reached from here"
fi
