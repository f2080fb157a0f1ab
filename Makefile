# What a contributor runs. `make` alone lists the targets; `make test` is what has to pass, with no more than Rust, a C compiler and make.
.DEFAULT_GOAL := help

CARGO ?= cargo

.PHONY: help test lint format doc deny ci

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-20s %s\n", $$1, $$2}'

test: ## format, lints, documentation, and every test that needs only the toolchain
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked --quiet
	$(CARGO) test --locked --quiet --no-fail-fast

lint: ## format and lints
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

format: ## rewrite the sources in the project's format
	$(CARGO) fmt

doc: ## the library's documentation, in target/doc/oread
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked

deny: ## licences, duplicate and banned crates, sources (installs cargo-deny)
	scripts/deny.sh

ci: ## all that CI runs
	.ci/run

include scripts/compare.mk
include scripts/container/container.mk
include scripts/windows/windows.mk
-include scripts/fuzz.mk
