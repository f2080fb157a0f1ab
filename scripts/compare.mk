# Measurements. Included by the root Makefile.
# `make compare ARGS=--quick` to look; plain `make compare` (about ten minutes, a quiet machine) to keep.

.PHONY: compare
compare: ## Compare with a bare C loop, tokio-util, asyncio, Node and socat; keep the result
	python3 benches/compare/compare.py $(ARGS)

.PHONY: bench-instructions
bench-instructions: ## Count the instructions of codec and outbox; fail when one grew by more than 5 % (ARGS=--save keeps them)
	python3 benches/compare/instructions.py $(ARGS)
