# Oread in a container: the release binary, certificates, time zones and nothing else. No shell, no package manager, no root.
#
#   docker build -t oread .
#   docker run --rm -p 7000:7000 -p 127.0.0.1:9464:9464 --read-only --cap-drop all oread
#
# The health check needs the docker image format (`buildah bud --format docker`); OCI's own has no place for it.
ARG BUILD_BASE=docker.io/library/rust:1.95-slim-bookworm
ARG RUNTIME_BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY . .
# The target cache outlives checkouts, and cargo tells stale from fresh by age: a source older than the last build
# would pass for built. Touching ours rebuilds one crate; the dependencies stay cached.
RUN --mount=type=cache,id=oread-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=oread-target,target=/src/target,sharing=locked \
    find src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --bin oread \
    && install -D -m 0755 target/release/oread /out/usr/local/bin/oread \
    && install -D -m 0644 config/container.toml /out/etc/oread/oread.toml

FROM ${RUNTIME_BASE}
ARG RUNTIME_BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="oread" \
      org.opencontainers.image.description="A production echo and relay daemon: very many long-lived connections, answered cheaply, bounded and observed." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${RUNTIME_BASE}"
COPY --from=build /out/ /
# By number: an orchestrator that insists on non-root can't look up a name.
USER 65532:65532
EXPOSE 7000 9464
STOPSIGNAL SIGTERM
# Asks the admin address of the file that the daemon runs on, so that both change together.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/oread", "probe", "--config", "/etc/oread/oread.toml"]
ENTRYPOINT ["/usr/local/bin/oread"]
CMD ["serve", "--config", "/etc/oread/oread.toml"]
