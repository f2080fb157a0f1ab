# The container's suite; included by the root Makefile.
.PHONY: test-container check-deploy

test-container: ## build the image and hold it to its promises (installs podman, buildah, runc; root)
	scripts/container/test.sh

check-deploy: ## verify the systemd unit, compose and host tuning files
	scripts/container/check-deploy.sh
