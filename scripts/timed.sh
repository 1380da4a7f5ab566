#!/usr/bin/env bash
# timed.sh SUITE COMMAND...: runs the command, and leaves in .build/seconds/SUITE how long it took, or that it failed.
set -euo pipefail
suite=$1; shift
mkdir -p .build/seconds
began=$SECONDS
"$@" || { status=$?; echo "failed after $((SECONDS - began)) s" > ".build/seconds/$suite"; exit $status; }
echo "$((SECONDS - began)) s" > ".build/seconds/$suite"
