#!/usr/bin/env bash
# timed.sh SUITE COMMAND...: runs the command, and leaves in .build/seconds/SUITE how long it took, also of all processors
# together (on a machine that others use, what tells whether a suite grew), or that it failed.
set -euo pipefail
suite=$1; shift
mkdir -p .build/seconds
began=$SECONDS status=0
"$@" || status=$?
# Its second line is of processes that have ended; by way of a file, as a subshell has none.
times > ".build/seconds/.$suite"
{ read -r _; read -r user system; } < ".build/seconds/.$suite"
took="$((SECONDS - began)) s (of processors: $user, and $system for the system)"
[ $status = 0 ] || took="failed after $took"
echo "$took" > ".build/seconds/$suite"
exit $status
