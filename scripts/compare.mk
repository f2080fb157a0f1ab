# Measurements. Included by the root Makefile.
# `make compare ARGS=--quick` to look; plain `make compare` (half an hour, a quiet machine) to keep; ONLY=echo or ONLY=relay for one part;
# ONLY=relay ARGS='--shapes relay-crowd --no-keep' for one table of it.

.PHONY: compare
compare: ## Compare with a bare C loop, tokio-util, asyncio, Node, socat, nats-server and Redis; keep the result (ONLY=echo|relay)
	python3 benches/compare/compare.py $(if $(ONLY),--only $(ONLY)) $(ARGS)

.PHONY: measure-descriptors
measure-descriptors: ## Print what a daemon without descriptors uses of a core, and how soon it accepts when one is free (a quiet machine)
	cargo build --release --locked
	python3 benches/compare/descriptors.py

.PHONY: bench-instructions
bench-instructions: ## Count the instructions of codec and outbox; fail when one grew by more than 5 % (ARGS=--save keeps them)
	python3 benches/compare/instructions.py $(ARGS)
