#!/usr/bin/env bash
# timed.sh SUITE COMMAND...: runs the command, and leaves its seconds in .build/seconds/SUITE.
set -euo pipefail
suite=$1; shift
mkdir -p .build/seconds
began=$SECONDS
"$@"
echo $((SECONDS - began)) > ".build/seconds/$suite"
