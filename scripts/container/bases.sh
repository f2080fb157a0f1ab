# shellcheck shell=bash
# Stand-ins for the Dockerfile's two bases, for machines that reach no image registry. Sourced by test.sh.
# Not a replacement for them: a base that can be pulled is pulled. They live in the test's own image store, so that nothing
# else on the machine ever meets an image under another's name.

: "${cache:?set by test.sh}"

# provide NAME MAKER: the image NAME, from the store, from its registry, or made by MAKER out of Debian's packages.
provide() {
    podman image exists "$1" && return
    say "pulling $1"
    podman pull --quiet "$1" >/dev/null 2>"$cache/pull.log" && return
    say "$(tail -1 "$cache/pull.log")"
    say "making a stand-in for it"
    rm -rf "$cache/rootfs"
    mkdir -p "$cache/rootfs"
    "$2" "$cache/rootfs"
    tar -C "$cache/rootfs" -c . | podman import --quiet "${import_changes[@]}" - "$1" >/dev/null
    rm -rf "$cache/rootfs"
}

# Debian with a C compiler and the Rust toolchain of this machine.
make_build_base() {
    local sysroot
    sysroot=$(rustc --print sysroot)
    debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev bookworm "$1" >"$cache/debootstrap.log" 2>&1 ||
        die "debootstrap failed: see $cache/debootstrap.log"
    mkdir -p "$1/usr/local/rust"
    cp -a "$sysroot/bin" "$sysroot/lib" "$1/usr/local/rust/"
    import_changes=(
        --change 'ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
        --change 'ENV CARGO_HOME=/usr/local/cargo'
    )
}

# The packages that the distroless base consists of, unpacked without their scripts.
make_runtime_base() {
    local packages=(base-files ca-certificates libc6 libgcc-s1 libgomp1 libssl3 libstdc++6 netbase tzdata) deb
    mkdir -p "$cache/debs"
    (cd "$cache/debs" && apt-get download --quiet "${packages[@]}" >"$cache/download.log" 2>&1) ||
        die "apt-get download failed: see $cache/download.log"
    for deb in "$cache"/debs/*.deb; do dpkg -x "$deb" "$1"; done
    rm -rf "$cache/debs" "$1"/usr/share/{doc,man,locale}
    mkdir -p "$1/etc/ssl/certs" "$1/home/nonroot"
    cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$1/etc/passwd"
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$1/etc/group"
    chown 65532:65532 "$1/home/nonroot"
    import_changes=(--change 'USER 65532' --change 'WORKDIR /home/nonroot'
        --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt')
}
