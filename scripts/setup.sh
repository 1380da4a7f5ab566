#!/usr/bin/env bash
# Sets up everything in this checkout and nothing outside it: .venv (Python), node_modules (npm), .cache (compiler, caches).
# Usage: scripts/setup.sh [tests]   "tests" also makes sure that what `make test` starts is there: Chromium, PostgreSQL, nginx.
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
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

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

  # Beside pip, which keeps one core busy. --no-save: the lock stays as it is committed, whichever optional packages of other platforms the registry serves.
  say "npm packages (package-lock.json) into node_modules"
  npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null &
  npm=$!
  trap 'kill $npm 2>/dev/null || true' EXIT

  say "Python packages (requirements.lock, hashes checked) into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv || fail "python3 -m venv failed" "On Debian: apt-get install python3-venv"
  # Tests import a fifth of what is installed, which Python compiles then. Elsewhere it is compiled here: services may not write into .venv.
  compile=--compile
  [ "${1:-}" != tests ] || compile=--no-compile
  .venv/bin/python -m pip install -qq $compile --no-deps --require-hashes -r requirements.lock
  # By itself: a local CPU wheel is taken where pip knows one; its own requirements are already in the lock.
  .venv/bin/python -m pip install -qq $compile torch==2.13.0
  .venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .

  wait $npm || fail "npm could not install the packages" "What it said is above."
  trap - EXIT

  printf '#!/bin/sh\nexec node "%s/scripts/solc.cjs" "$@"\n' "$root" > .cache/solc/solc-v0.8.37
  chmod +x .cache/solc/solc-v0.8.37
  echo "$now" > $stamp
  say "done"
fi

[ "${1:-}" = tests ] || exit 0
chromium=0
scripts/chromium.sh >/dev/null || chromium=$?
[ $chromium != 1 ] || exit 1 # it said why
missing=()
[ $chromium = 0 ] || missing+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
[ ${#missing[@]} != 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "${missing[*]}, for the tests"
  apt-get update -qq || fail "apt-get could not read its lists of packages" "Install by hand: ${missing[*]}."
  for package in "${missing[@]}"; do
    # The headless shell comes first: see chromium.sh.
    [ "$package" != chromium ] || ! install chromium-headless-shell || continue
    install "$package" || fail "apt-get could not install $package" "Install it by hand (of Chromium, CHROMIUM may name the path)."
  done
else
  fail "not installed: ${missing[*]}" "apt-get install ${missing[*]} (of Chromium, CHROMIUM may name the path); only the tests need them."
fi
