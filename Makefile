# Grand Arena: `make run` starts everything, `make test` tests everything.

# Where the machine has no PostgreSQL, the binary that is built brings its own (a cargo feature that downloads it).
POSTGRES := $(shell command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres /usr/local/pgsql/bin/postgres 2>/dev/null | tail -n 1)
FEATURES := $(if $(POSTGRES),,--features download-postgres)
CARGO := cargo
# What `make run` hands to the server, for example: make run ARGS="--listen 127.0.0.1:9000"
ARGS ?=
# Where `make demo` listens, and what it hands to the crowd, for example: make demo CROWD="--buyers 400 --pace 30"
LISTEN ?= 127.0.0.1:8080
CROWD ?=
BINARY = $${CARGO_TARGET_DIR:-target}/debug/grand-arena

.PHONY: help run demo test test-upgrade web web-test lint format schema release bench bench-quick bench-live bench-night torture

help: ## Says what there is.
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

run: ## Builds and starts the server with a private PostgreSQL and the demo event.
	$(TRY_WEB)
	$(CARGO) build --locked $(FEATURES)
	@exec $(BINARY) serve --demo $(ARGS)

# The crowd comes a moment later, so that it finds no other server if this one does not start; it leaves with it.
# It is a whole crowd at one address, so that there are no limits for an address.
demo: ## The same with a crowd of simulated buyers, so that the map comes alive.
	$(TRY_WEB)
	$(CARGO) build --locked $(FEATURES)
	@(sleep 2; exec $(BINARY) crowd --url http://$(LISTEN) $(CROWD)) & crowd=$$!; \
		trap 'kill $$crowd 2> /dev/null' EXIT; trap : INT TERM; $(BINARY) serve --demo --limits off --listen $(LISTEN) $(ARGS)

# The pages take Node; the server does without, and says in their place what is missing.
NODE_IS_NEW := $(shell node --eval 'const [a, b] = process.versions.node.split("."); console.log(a > 20 || (a == 20 && b >= 10))' 2> /dev/null)
HAS_NODE := $(and $(filter true,$(NODE_IS_NEW)),$(shell command -v npm))
# Without its packages at hand, for example.
TRY_WEB = @$(MAKE) --no-print-directory web || echo "The live map and the explorer could not be built; the rest works."
NPM_CI = npm ci --no-audit --no-fund --fetch-retry-mintimeout=2000 --fetch-retry-maxtimeout=5000 && touch node_modules/.package-lock.json
WEB_SOURCES := schema.graphql $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist*')

ifdef HAS_NODE
web: web/dist/index.html ## Builds the live map and the explorer, which become part of the binary.

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build && touch dist/index.html

# Types from the schema that are not what the schema says, types that do not fit, and what the tests find.
web-test: web
	cd web && npm run codegen:check && npm run check && npm test

# The packages of clients.rs, browser.rs, judge.rs, examples.rs and webhooks/libraries.rs in tests/arena.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && $(NPM_CI)

NODE_PACKAGES := tests/clients tests/browser tests/judge tests/webhooks examples/typescript-shop examples/relay-page

test: web-test $(NODE_PACKAGES:=/node_modules/.package-lock.json)
else
web:
	@echo "The live map and the explorer are not built: that takes Node 20.10 or newer, with npm. The rest works."
endif

# What examples_other.rs, operating.rs and webhooks/libraries.rs in tests/arena run. The example in Rust is a workspace of its own; it
# is built here, so that the tests have the processors to themselves.
PYTHON_PACKAGES := examples/python-box-office tests/kubernetes tests/webhooks
RUST_EXAMPLE := --locked --manifest-path examples/rust-consumer/Cargo.toml
HAS_PYTHON := $(filter True,$(shell python3 -c 'import ensurepip, sys, venv; print(sys.version_info >= (3, 11))' 2> /dev/null))

.PHONY: python-packages rust-example
ifdef HAS_PYTHON
python-packages: $(PYTHON_PACKAGES:=/.venv/installed)

%/.venv/installed: %/requirements.txt
	(python3 -m venv $(@D) && $(@D)/bin/pip install --quiet --requirement $< && touch $@) || \
		echo "The packages of $* could not be installed; it is not tested."
else
python-packages:
	@echo "What is in Python is not tested: that takes Python 3.11 or newer, with the module venv."
endif

rust-example:
	($(CARGO) fetch $(RUST_EXAMPLE) && $(CARGO) build $(RUST_EXAMPLE) --target-dir $${CARGO_TARGET_DIR:-target}) || \
		echo "The example in Rust could not be built; if its packages are missing, it is not tested."

test: python-packages rust-example
test: ## Runs every test, on a PostgreSQL of its own and in a browser.
	$(CARGO) test --locked --workspace $(FEATURES)

# The version before is the last release; while there is none, what there was before the newest migration.
NEWEST_MIGRATION := $(lastword $(sort $(wildcard migration/src/m[0-9]*.rs)))
UPGRADE_FROM ?= $(shell git describe --tags --abbrev=0 2> /dev/null || git log -1 --diff-filter=A --format=%H^ -- $(NEWEST_MIGRATION))
OLD = $(abspath $${CARGO_TARGET_DIR:-target})/upgrade

test-upgrade: ## Builds the version before, and has it sell beside today's server (about 10 minutes).
	rm -rf $(OLD)/source && git worktree prune
	git worktree add --detach $(OLD)/source $(UPGRADE_FROM)
	mkdir -p $(OLD)/source/web/dist
	cd $(OLD)/source && $(CARGO) build --locked $(FEATURES) --target-dir $(OLD)/target
	git worktree remove --force $(OLD)/source
	ARENA_OLD_BINARY=$(OLD)/target/debug/grand-arena \
		$(CARGO) test --locked $(FEATURES) --test arena a_server_of_the_version_before

lint: ## Formatting and lints, warnings as errors.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	$(CARGO) clippy --locked --no-default-features -- --deny warnings
	$(CARGO) clippy --locked --features download-postgres -- --deny warnings
	$(CARGO) fmt --manifest-path examples/rust-consumer/Cargo.toml --check
	$(CARGO) clippy $(RUST_EXAMPLE) --target-dir $${CARGO_TARGET_DIR:-target} -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --locked --workspace --no-deps

format: ## Formats the code.
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path examples/rust-consumer/Cargo.toml

schema: ## Writes schema.graphql anew, from the code.
	$(CARGO) run --quiet --locked $(FEATURES) -- schema > schema.graphql.new
	mv schema.graphql.new schema.graphql

release: web ## Builds the binary for production: target/release/grand-arena.
	$(CARGO) build --locked --release $(FEATURES)

# Where the Debian package takes manual pages and completions from; the binary writes them itself.
MANUAL = target/manual

MAINTAINER := $(shell sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)

.PHONY: deb
deb: release ## Builds a Debian package in target/debian; takes cargo-deb (cargo install cargo-deb).
	install -d $(MANUAL)/man
	target/release/grand-arena man --folder $(MANUAL)/man
	target/release/grand-arena completions bash > $(MANUAL)/grand-arena.bash
	target/release/grand-arena completions zsh > $(MANUAL)/_grand-arena
	target/release/grand-arena completions fish > $(MANUAL)/grand-arena.fish
	printf '%s (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
		$$(target/release/grand-arena --version) "$(MAINTAINER)" "$$(date --rfc-email)" > $(MANUAL)/changelog
	$(CARGO) deb --no-build
torture: ## Breaks servers and databases while they sell, for 5 minutes, and checks what clients were told (docs/proof.md).
	$(CARGO) build --locked --workspace --bins $(FEATURES)
	@$${CARGO_TARGET_DIR:-target}/debug/torture $(ARGS)

BENCH = $${CARGO_TARGET_DIR:-target}/release/bench
BUILD_BENCH = $(CARGO) build --locked --release --workspace --bins $(FEATURES)

bench: ## Measures the rush side by side with raw SQL (about 40 minutes); figures to bench/RESULTS.md, a picture to docs/rush.svg.
	$(BUILD_BENCH)
	$(BENCH) rush $(ARGS)

bench-quick: ## The throughput alone, in a few minutes; nothing is written down.
	$(BUILD_BENCH)
	$(BENCH) rush --part throughput --runs 3 --seconds 2 $(ARGS)

bench-live: ## Measures the live map side by side with a bare WebSocket; figures to bench/RESULTS.md.
	$(BUILD_BENCH)
	$(BENCH) live $(ARGS)

bench-night: ## Measures the night: thousands watch, come, come back (about 40 minutes); figures to bench/RESULTS.md, a picture to docs/night.svg.
	$(BUILD_BENCH)
	$(BENCH) night $(ARGS)
