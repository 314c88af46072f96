# Grand Arena: `make run` starts everything, `make test` tests everything.

# Where the machine has no PostgreSQL, the binary that is built brings its own (a cargo feature that downloads it).
POSTGRES := $(shell command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres /usr/local/pgsql/bin/postgres 2>/dev/null | tail -n 1)
FEATURES := $(if $(POSTGRES),,--features download-postgres)
CARGO := cargo
# What `make run` hands to the server, for example: make run ARGS="--listen 127.0.0.1:9000"
ARGS ?=

.PHONY: help run test lint format schema release bench-live

help: ## Says what there is.
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

run: ## Builds and starts the server with a private PostgreSQL and the demo event.
	$(CARGO) build --locked $(FEATURES)
	@exec $${CARGO_TARGET_DIR:-target}/debug/grand-arena serve --demo $(ARGS)

# The clients that people use, for tests/arena/clients.rs. Without Node that test is skipped, except in the CI.
tests/clients/node_modules/.package-lock.json: tests/clients/package-lock.json
	@if command -v npm > /dev/null; then cd tests/clients && npm ci --no-audit --no-fund && touch node_modules/.package-lock.json; fi

test: tests/clients/node_modules/.package-lock.json ## Runs every test, on a PostgreSQL of its own.
	$(CARGO) test --locked --workspace $(FEATURES)

lint: ## Formatting and lints, warnings as errors.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --locked --workspace --no-deps

format: ## Formats the code.
	$(CARGO) fmt --all

schema: ## Writes schema.graphql anew, from the code.
	$(CARGO) run --quiet --locked $(FEATURES) -- schema > schema.graphql.new
	mv schema.graphql.new schema.graphql

release: ## Builds the binary for production: target/release/grand-arena.
	$(CARGO) build --locked --release $(FEATURES)

bench-live: ## Measures the live map side by side with a bare WebSocket; figures to bench/RESULTS.md.
	$(CARGO) build --locked --release --workspace --bins $(FEATURES)
	$${CARGO_TARGET_DIR:-target}/release/bench live $(ARGS)
