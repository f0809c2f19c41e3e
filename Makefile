# `make test` is what a contributor runs; .ci/run is what the project's checks run.
# `make bench` measures; docs/performance.md says what the rows mean.

.PHONY: test bench bench-cluster bench-check control-plane debian-packages

test: control-plane debian-packages
	cargo test

bench:
	cargo bench --bench review --bench policies

bench-cluster: control-plane
	cargo bench --bench cluster

bench-check:
	cargo bench --bench check

# The API server and its companions that the tests run against: built once into ~/.cache/plimsoll.
control-plane:
	@if [ -n "$$KUBEBUILDER_ASSETS" ]; then \
		echo "using the control plane of KUBEBUILDER_ASSETS=$$KUBEBUILDER_ASSETS" >&2; \
	elif command -v go >/dev/null; then \
		tests/control-plane/build.sh; \
	else \
		echo "LEFT OUT: all tests against a real control plane: Go is not installed and KUBEBUILDER_ASSETS is not set" >&2; \
	fi

debian-packages:
	@tests/debian-packages.sh
