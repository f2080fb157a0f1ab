# Measurements. Included by the root Makefile.
# `make compare ARGS=--quick` to look; plain `make compare` (about ten minutes, a quiet machine) to keep.

.PHONY: compare
compare: ## Compare with a bare C loop, tokio-util, asyncio, Node and socat; keep the result
	python3 benches/compare/compare.py $(ARGS)
