#!/usr/bin/env bash
# Cross-builds Oread for Windows, runs its tests (but for skipped.list) and the daemon itself (promises.py) under Wine,
# so that the IOCP path is known to work.
# Not a replacement for Windows itself: Wine stands in for the kernel. Installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'test-windows: %s\n' "$*" >&2; }
die() { say "$*"; printf 'windows: 0 passed, 1 failed\n'; exit 1; }

# shellcheck source=scripts/windows/toolchain.sh
. scripts/windows/toolchain.sh
install rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 wine64 python3

readonly target=x86_64-pc-windows-gnu
readonly out=target/windows
readonly built=$out/$target/debug
wine=/usr/lib/wine/wine64
[ -x "$wine" ] || wine=$(command -v wine64 || command -v wine) || die "no wine found"
export WINEDEBUG=-all
export WINEPREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/oread/wine
mkdir -p "$WINEPREFIX" "$out"
# One run at a time: they would end each other's wineserver.
exec 9>"$WINEPREFIX/../wine.lock"
flock 9

mapfile -t skipped < <(sed 's/#.*//; s/[[:space:]]//g; /^$/d' scripts/windows/skipped.list)
for name in "${skipped[@]}"; do
    [ -f "tests/$name.rs" ] || die "skipped.list names $name, which is no test"
done

say "building"
build=(--locked "$build_std" --target "$target" --target-dir "$out")
debian_cargo test --no-run "${build[@]}" --lib --bins --tests --message-format json-render-diagnostics >"$out/build.json" ||
    die "the crate does not build for Windows"
x86_64-w64-mingw32-gcc -O2 -Wall -Werror -shared -o "$built/bcryptprimitives.dll" scripts/windows/bcryptprimitives.c -ladvapi32
cp "$built/bcryptprimitives.dll" "$built/deps/"

passed=0 failed=0
failures=$out/failures.txt
: >"$failures"
# run NAME COMMAND…: adds what it counted in its last line, and names what failed; one that ends badly without a count has failed.
run() {
    local name=$1 log=$out/$1.log status=0 line ok bad
    shift
    timeout 600 "$@" >"$log" 2>&1 </dev/null 9>&- || status=$?
    line=$(grep -a '[0-9] passed' "$log" | tail -1 | tr -d '\r') || true
    ok=$(sed -n 's/.* \([0-9]*\) passed.*/\1/p' <<<"$line")
    bad=$(sed -n 's/.* \([0-9]*\) failed.*/\1/p' <<<"$line")
    [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ] && bad=1
    passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-0}))
    [ "${bad:-0}" -eq 0 ] && return
    say "$name: status $status"
    python3 scripts/windows/failures.py "$name" "$@" <"$log" 9>&- >>"$failures" || echo "$name::?: see $log" >>"$failures"
}

"$wine" wineboot --init >/dev/null 2>&1 9>&- || true
while read -r name program; do
    [[ " ${skipped[*]} " == *" $name "* ]] && continue
    run "$name" "$wine" "$program" --test-threads 2
done < <(python3 scripts/windows/executables.py <"$out/build.json")
run daemon python3 scripts/windows/promises.py "$wine" "$built/oread.exe"
/usr/lib/wine/wineserver64 -k 2>/dev/null || wineserver -k 2>/dev/null || true

# At the very end, so that a log of which only the end is kept still says what failed.
head -40 "$failures"
printf 'windows: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
