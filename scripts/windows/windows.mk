# Windows under Wine, and type-checks for what can't be run here; included by the root Makefile.
.PHONY: test-windows check-platforms

test-windows: ## cross-build for Windows and run echo, codec and drain under Wine (installs mingw, wine)
	scripts/windows/test.sh

check-platforms: ## type-check for macOS and FreeBSD
	scripts/windows/check-platforms.sh
