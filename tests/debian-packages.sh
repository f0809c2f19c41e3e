#!/usr/bin/env bash
# Installs what the node tests and the Redis oracle tests run, where that is possible: on Debian, as root, and only
# packages whose program is missing. Otherwise it says what is missing; the tests then say what they left out.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || [ -x "$1" ] || missing+=("$2"); }
need containerd containerd
need runc runc
need /usr/lib/cni/bridge containernetworking-plugins
need redis-server redis-server
need redis-cli redis-tools
need busybox busybox-static
need ip iproute2
need setpriv util-linux
need openssl openssl
if command -v busybox >/dev/null && ldd "$(command -v busybox)" >/dev/null 2>&1; then missing+=(busybox-static); fi
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}" >&2
    # RUNLEVEL=1 keeps the packages from starting their services.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get update -q >&2 || true
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 && exit 0
fi
left_out() {
    echo "LEFT OUT: $1" >&2
    if [ -n "${PLIMSOLL_LEFT_OUT:-}" ]; then echo "LEFT OUT: $1" >>"$PLIMSOLL_LEFT_OUT"; fi
}
left_out "these packages are missing and could not be installed: ${missing[*]}"
left_out "the tests on a real node, which need them (and root on Linux)"
