#!/usr/bin/env bash
# Prints and counts what a run of the tests left out: the lines that they added to the file PLIMSOLL_LEFT_OUT names.
set -euo pipefail

if [ ! -s "$PLIMSOLL_LEFT_OUT" ]; then
    echo "nothing was left out" >&2
    exit 0
fi
lines=$(sort -u "$PLIMSOLL_LEFT_OUT")
{
    echo
    echo "$lines"
    echo "$(wc -l <<<"$lines") LEFT OUT"
} >&2
