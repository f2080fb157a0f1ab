#!/usr/bin/env bash
# Checks what is under deploy/ without deploying it: the systemd unit by systemd itself, compose's promises against the configuration,
# each sysctl against the running kernel. Changes nothing on the host. Installs python3-yaml; unpacks a newer systemd if the host's is old.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'check-deploy: %s\n' "$*" >&2; }
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oread/deploy
mkdir -p "$cache"
passed=0 failed=0
ok() { printf 'ok   %s\n' "$1"; passed=$((passed + 1)); }
bad() { printf 'FAIL %s\n' "$1"; failed=$((failed + 1)); }
check() { local name=$1; shift; if "$@"; then ok "$name"; else bad "$name"; fi; }

# A systemd-analyze that knows notify-reload (253): the host's, or the one in Debian's backports, unpacked and not installed.
host_knows() {
    [ "$(systemd-analyze --version 2>/dev/null | sed -n 's/^systemd \([0-9]*\).*/\1/p')" -ge 253 ] 2>/dev/null
}
newer_systemd() {
    host_knows && return
    local mirror apt=(-o Dir::Etc::sourcelist="$cache/backports.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$cache/lists" -o Dir::Cache="$cache/apt")
    [ -x "$cache/root/usr/bin/systemd-analyze" ] && return
    say "the host's systemd does not know notify-reload: unpacking a newer one"
    mkdir -p "$cache/lists/partial" "$cache/apt/archives/partial"
    # Backports stand beside the release on the mirror that the host uses.
    # shellcheck disable=SC2016 # apt-get expands it
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: bookworm" | head -1)
    echo "deb $mirror bookworm-backports main" >"$cache/backports.list"
    apt-get -qq "${apt[@]}" update 2>/dev/null && (cd "$cache" && apt-get -qq "${apt[@]}" download systemd libsystemd-shared) 2>/dev/null || return
    for deb in "$cache"/*.deb; do dpkg -x "$deb" "$cache/root"; done
}
analyze() {
    if host_knows; then
        systemd-analyze "$@"
    else
        LD_LIBRARY_PATH=$(find "$cache/root" -name 'libsystemd-*.so' -printf '%h:' ) "$cache/root/usr/bin/systemd-analyze" "$@"
    fi
}

# The unit in a root of its own with a program at its path, so that nothing is said about what this machine lacks.
stage() {
    local root=$1
    rm -rf "$root"
    mkdir -p "$root"/etc/systemd/system "$root"/usr/local/bin "$root"/bin
    cp deploy/systemd/oread.service "$root/etc/systemd/system/"
    cp /bin/true "$root/usr/local/bin/oread"
    cp /bin/true "$root/bin/kill"
    for unit in network-online sysinit basic shutdown multi-user; do
        printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$unit" >"$root/etc/systemd/system/$unit.target"
    done
}
unit_verifies() {
    local said
    said=$(analyze --root="$cache/stage" --man=no verify /etc/systemd/system/oread.service 2>&1) && [ -z "$said" ] && return
    printf '%s\n' "$said" >&2
    return 1
}
exposure() {
    local score
    score=$(analyze --root="$cache/stage" --offline=yes security /etc/systemd/system/oread.service 2>&1 | sed -n 's/.*level for .*: \([0-9.]*\) .*/\1/p')
    printf '     exposure %s, bound 2.0\n' "${score:-?}"
    awk -v score="${score:-10}" 'BEGIN { exit !(score <= 2.0) }'
}

if command -v dpkg >/dev/null && newer_systemd; then
    stage "$cache/stage"
    check "the unit verifies" unit_verifies
    check "the unit is hardened" exposure
    mkdir -p "$cache/stage/etc/systemd/system/oread.service.d"
    cp deploy/systemd/before-253.conf "$cache/stage/etc/systemd/system/oread.service.d/"
    check "the drop-in for older systemd verifies" unit_verifies
else
    say "skipping the unit: no systemd 253 here and none to be had"
fi

/usr/bin/python3 -c 'import yaml' 2>/dev/null || apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends python3-yaml >/dev/null
check "compose, unit and sysctl keep their promises" /usr/bin/python3 scripts/container/deploy_promises.py

printf 'deploy: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
