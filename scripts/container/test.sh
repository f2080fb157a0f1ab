#!/usr/bin/env bash
# Builds the image as a user would and holds it to its promises (promises.py). Installs what it needs; leaves no container behind.
# Needs Debian or its like, root, and a crate registry. Images and build caches are kept under ~/.cache/oread/container:
# the first run takes minutes, the next as long as compiling our crate.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'test-container: %s\n' "$*" >&2; }
die() { say "$*"; printf 'container: 0 passed, 1 failed\n'; exit 1; }

[ "$(id -u)" = 0 ] || die "must run as root: the engine runs without a user namespace (try sudo make test-container)"

missing=()
for package in podman buildah runc debootstrap python3; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}"; } >/dev/null ||
        die "could not install ${missing[*]}: install them by hand"
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/oread/container
mkdir -p "$cache/tmp"
# One run at a time: two would tear down each other's bases.
exec 9>"$cache/lock"
flock 9

export CONTAINERS_CONF=$PWD/scripts/container/containers.conf
export CONTAINERS_STORAGE_CONF=$cache/storage.conf
export TMPDIR=$cache/tmp
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$cache/store" "$cache/run" >"$CONTAINERS_STORAGE_CONF"

base() { sed -n "s/^ARG $1=//p" Dockerfile; }
# shellcheck source=scripts/container/bases.sh
. scripts/container/bases.sh
provide "$(base BUILD_BASE)" make_build_base
provide "$(base RUNTIME_BASE)" make_runtime_base

# The machine's own certificates and cargo settings: a registry may stand behind a mirror that only they know.
# Proxy variables are handed on by buildah itself.
mounts=()
for path in /etc/ssl/certs /usr/local/share/ca-certificates; do
    [ -d "$path" ] && mounts+=(-v "$path:$path:ro")
done
[ -f "${CARGO_HOME:-$HOME/.cargo}/config.toml" ] && mounts+=(-v "${CARGO_HOME:-$HOME/.cargo}/config.toml:/usr/local/cargo/config.toml:ro")

image=localhost/oread:test
# build TAG [OPTION…]
build() {
    buildah bud --layers --format docker --isolation chroot --network host --pull-never \
        --ulimit nproc=30000:30000 --ulimit nofile=4096:4096 "${mounts[@]}" \
        --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
        "${@:2}" -t "$1" . >"$cache/build.log" 2>&1 || { tail -40 "$cache/build.log" >&2; die "the image does not build"; }
}
say "building $image"
# The first stage gets a name too, so that clearing away old images leaves its layers for the next run.
build localhost/oread-build:test --target build
build "$image"
podman image prune --force >/dev/null

python3 scripts/container/promises.py "$image"
