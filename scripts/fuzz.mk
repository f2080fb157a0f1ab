# Fuzzing. Included by the root Makefile. Needs a nightly toolchain; without one the kept corpus is replayed by `make test`.

FUZZ_SECONDS ?= 15
FUZZ_TARGETS := codec_length_delimited codec_lines config outbox protocol room session_machine

.PHONY: fuzz-short
fuzz-short: ## fuzz each law for a few seconds from the kept corpus
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz-short.sh $(FUZZ_TARGETS)
