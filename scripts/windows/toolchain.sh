# shellcheck shell=bash
# A Rust that can build its standard library for any target, out of Debian's archive: rustup need not offer the target's own.
# Sourced by test.sh and check-platforms.sh. Needs Debian 12 or its like.

# install PACKAGE…: whatever of it is missing.
install() {
    local missing=() package as_root=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    { "${as_root[@]}" apt-get -qq update &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}"; } >/dev/null ||
        die "could not install ${missing[*]}: install them by hand"
}

# Debian's cargo and rustc, never rustup's of the same name. `-Zbuild-std` is a nightly's option: the bootstrap switch lets a release take it.
# Without debug information and incremental state: some forty programs would take gigabytes.
debian_cargo() {
    env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 \
        CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \
        /usr/bin/cargo "$@"
}

# shellcheck disable=SC2034 # used by those who source this
readonly build_std=-Zbuild-std=std,panic_abort,panic_unwind,test
