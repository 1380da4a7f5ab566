#!/usr/bin/env bash
# Sets up everything in this checkout and nothing outside it: .venv (Python), node_modules (npm), .cache (compiler, caches).
# Usage: scripts/setup.sh [browser]   "browser" also makes sure that Chromium is there (for `make test`).
# Idempotent: it does nothing, in well under 2 s, when no lock file changed.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

fail() { # what happened / what to do
  printf 'setup: %s\n       %s\n' "$1" "$2" >&2
  exit 1
}
say() { printf 'setup: %s\n' "$1" >&2; }

need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed, or not on PATH" "On Debian: apt-get install $2"; }
install_chromium() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null; }

need python3 "python3 python3-venv"
need node "nodejs npm (version 20 or newer)"
need npm "npm"
need make "make"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python $(python3 -V | cut -d' ' -f2) is too old" "Install Python 3.11 or newer."
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "Node $(node -v) is too old" "Install Node 20 or newer."

stamp=.cache/setup.stamp
now=$( { cat requirements.lock package.json package-lock.json pyproject.toml scripts/setup.sh scripts/solc.cjs; python3 -V; node -v; echo "$root"; } | sha256sum | cut -d' ' -f1)

if [ "$(cat $stamp 2>/dev/null || true)" != "$now" ]; then
  free=$(df -Pk . | awk 'NR==2 {print int($4 / 1048576)}')
  [ "$free" -ge 5 ] || fail "only ${free} GiB of disk are free here" "Set-up needs about 4 GiB (torch, the chain's and the page's tools). Free some and run it again."
  mkdir -p .cache/solc
  # pip asks `rustc` for its version, whose launcher makes a folder at home for that.
  export RUSTUP_HOME=$root/.cache/rustup PIP_CACHE_DIR=$root/.cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_cache=$root/.cache/npm npm_config_update_notifier=false

  say "Python packages (requirements.lock, hashes checked) into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv || fail "python3 -m venv failed" "On Debian: apt-get install python3-venv"
  .venv/bin/python -m pip install -qq --no-deps --require-hashes -r requirements.lock
  # By itself: a local CPU wheel is taken where pip knows one; its own requirements are already in the lock.
  .venv/bin/python -m pip install -qq torch==2.13.0
  .venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .

  say "npm packages (package-lock.json) into node_modules"
  # --no-save: the lock stays as it is committed, whichever optional packages of other platforms the registry serves.
  npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error

  printf '#!/bin/sh\nexec node "%s/scripts/solc.cjs" "$@"\n' "$root" > .cache/solc/solc-v0.8.37
  chmod +x .cache/solc/solc-v0.8.37
  echo "$now" > $stamp
  say "done"
fi

chromium=0
[ "${1:-}" != browser ] || scripts/chromium.sh >/dev/null || chromium=$?
[ $chromium != 1 ] || exit 1 # it said why
if [ $chromium = 2 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Chromium, for the browser tests"
    apt-get update -qq && { install_chromium chromium-headless-shell || install_chromium chromium; } || fail "apt-get could not install chromium" "Install Chromium by hand, or set CHROMIUM to its path."
  else
    fail "Chromium is not installed" "apt-get install chromium (or set CHROMIUM to its path); only the browser tests need it."
  fi
fi
