# Images are pinned by the digests of their indexes for all platforms: what a name stands for may change.

# Builds the live map and the explorer, which become part of the binary.
FROM node:22.23.3-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/var/cache/npm,sharing=locked \
    npm ci --cache /var/cache/npm --no-audit --no-fund
COPY schema.graphql /src/
COPY web ./
RUN npm run build

# Builds the server. The caches stay on the build host: a second build compiles what has changed.
FROM rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS builder
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --locked --release --package grand-arena --bin grand-arena \
    && install -D -m 0755 target/release/grand-arena /out/grand-arena

# Runs it. The same Debian as the builder's, so that the C library fits. There is no PostgreSQL inside: set
# DATABASE_URL, or use compose.yaml.
FROM debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
# A new named volume takes owner and mode of the data folder over from here; it keeps the secret that tokens are signed
# with.
RUN groupadd --system --gid 10001 arena \
    && useradd --system --uid 10001 --gid arena --no-create-home --home-dir /var/lib/grand-arena \
        --shell /usr/sbin/nologin arena \
    && install -d -o arena -g arena -m 0700 /var/lib/grand-arena
COPY --from=builder /out/grand-arena /usr/local/bin/grand-arena
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/grand-arena/

ENV ARENA_LISTEN=0.0.0.0:8080 \
    ARENA_DATA_DIR=/var/lib/grand-arena
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 10001:10001
WORKDIR /var/lib/grand-arena
EXPOSE 8080

# Whether the server lives, asked with bash because the image has no curl. Not /readyz: that depends on the database,
# and a restart of this container would not mend that one.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>\"/dev/tcp/127.0.0.1/${ARENA_LISTEN##*:}\" && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 4 status <&3 && [[ $status == 'HTTP/1.1 200 '* ]]"]

# Without a command it serves; `check`, `crowd`, `import`, `migrate`, `schema` and `token` are
# commands.
ENTRYPOINT ["grand-arena"]
