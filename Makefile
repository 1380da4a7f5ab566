# Everything runs from this checkout alone; see README.md.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export BIODESCI_ROOT := $(CURDIR)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/.cache/ape
export SOLCX_BINARY_PATH := $(CURDIR)/.cache/solc
export OMP_NUM_THREADS ?= 1
# Where this is set, each of dozens of processes would compile the same files.
unexport PYTHONDONTWRITEBYTECODE
# torch makes this folder among the temporary files of the machine, if nothing is said.
export TORCHINDUCTOR_CACHE_DIR := $(CURDIR)/.cache/torch

node_tool = node node_modules/$(1)
# The binary itself: the npm package's launcher exits with 0 even when a test fails.
forge = $(firstword $(wildcard node_modules/@foundry-rs/forge-*/bin/forge))
page_sources := $(shell find frontend -type f -not -path '*/dist/*' 2>/dev/null) package-lock.json

# Builds, checks and suites run side by side; each starts what it needs on free ports. JOBS=1 runs them one after the other.
# A third of the time of the suites is waiting (for blocks, deadlines, processes), so more run at once than there are cores.
JOBS ?= 5
# The longest come first, with test-chain, which mostly waits, and several short ones last, so that no core is without work at the end.
suites = test-stacks test-chain test-network test-index test-rooms test-attacks test-backend test-contracts test-page
# The tests in Python, in parts: what parties do, what they do it over, what the index says; test-backend is the rest.
rooms = $(addprefix tests/backend/,market inference rounds party passports)
network = $(addprefix tests/backend/,ipfs asking serving store workers localnet) tests/faults
index = $(addprefix tests/backend/,index api cli)
chain = tests/backend/chain
# test-stacks does one thing after another, and would end last: what runs beside it leaves it the cores.
behind = nice -n 5
python_tests = $(at_home) $(behind) $(timed) $(1) pytest -p no:ape_test --durations=10 -m "not deep"
browser = $(at_home) $(timed) browser $(call node_tool,@playwright/test/cli.js) test -c tests/e2e/playwright.config.ts
story = $(at_home) $(timed) story pytest -p no:ape_test tests/integration/test_story.py
integration = $(at_home) $(timed) integration pytest -p no:ape_test --durations=10 tests/integration --ignore tests/integration/test_story.py
checks = check-contracts check-python check-page check-generated

# Contract suites that were not written here, the build that Slither reads, and the mark that what tests import is compiled.
compiled = .build/compiled
solmate_suite = tests/contracts/conformity/build/ERC721.t.sol
slither_build = .cache/slither/out/build-info
imported = .build/imported
slither_report = .cache/slither/report.txt
# The prover of `make test-proofs` has an environment of its own: nothing else needs its solvers.
halmos = .cache/halmos/venv/bin/halmos
# The fuzzer of `make test-fuzz` lies in a folder of its own, too; it runs in .venv, with what it fuzzes.
atheris = .cache/atheris/atheris/__init__.py
FUZZ_SECONDS ?= 60

# Slither's detectors that are off, each with its reason. A single finding is accepted beside the code, with its reason.
#   naming-convention   immutables are in capitals here, as constants are
#   pragma              interfaces, and OpenZeppelin, allow more compilers than the one that the contracts name
#   timestamp           deadlines are hours to years long, so the seconds that a validator can shift do not matter
slither_off = naming-convention,pragma,timestamp
# What Slither says, and exits with 0, of a function of ours that it cannot read.
slither_unread = 'Impossible to generate IR .*(contracts/'

# Notes the seconds that a suite takes; `make test` shows them at its end.
timed = ./scripts/timed.sh

# Browsers, anvil, forge and Slither keep caches in the home folder: they get one in the checkout.
at_home = mkdir -p .cache/home && HOME=$(CURDIR)/.cache/home

.PHONY: help setup demo up console test test-deep test-proofs test-fuzz check $(checks) format figures soak generate compile forge-build $(suites) test-browser test-story test-integration test-install clean

# What `make demo`, `make up` and `make figures` pass on: make demo ARGS="--rounds 3".
ARGS ?=

help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: ## Set up .venv, node_modules and .cache (a no-op when nothing changed)
	@./scripts/setup.sh

demo: setup $(compiled) ## Play the whole story on real data, end to end, and stop
	@$(at_home) python -m examples.heart demo $(ARGS)

up: setup $(compiled) frontend/dist/index.html ## Start the whole stack with the web page; Ctrl-C stops it
	@$(at_home) python -m examples.heart up $(ARGS)

console: setup $(compiled) ## An Ape console on what `make up` runs, with its contracts and short verbs at hand
	@network="$${NETWORK:-ethereum:local:http://127.0.0.1:8545}"; port="$${network##*http://127.0.0.1:}"; \
	if [ "$$port" != "$$network" ] && ! (exec 3<>"/dev/tcp/127.0.0.1/$$port") 2>/dev/null; then \
	  echo "Nothing answers at 127.0.0.1:$$port. Start it: make up. On other ports, set what make up prints." >&2; exit 1; \
	fi; \
	IPYTHONDIR=$(CURDIR)/.cache/ipython ape console --network "$$network"

test: ## Set up (browser, PostgreSQL, nginx too) and run every test and check
	@./scripts/setup.sh tests
	@# anvil leaves the states of chains that were ended hard: gigabytes, after a few runs.
	@rm -rf .build/seconds .cache/home/.foundry/anvil/tmp
	@# What is wanted first is first: builds, then checks, then suites, which begin as soon as the builds are there.
	@passed=0; $(MAKE) --no-print-directory --jobs=$(JOBS) --output-sync=target compile frontend/dist/index.html $(checks) $(suites) || passed=$$?; \
	cd .build/seconds && for suite in *; do echo "$$suite: $$(cat $$suite)"; done; \
	[ $$passed = 0 ] || { echo "Failed: what did is above, at '***'." >&2; exit $$passed; }
	@echo "every check and every suite passed"

test-deep: compile ## Fuzz contracts and properties for much longer (SEED=0x... for given contracts' draws), and what costs too much for every change
	@seed=$${SEED:-0x$$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')}; echo "seed $$seed"; \
	$(at_home) FOUNDRY_PROFILE=deep $(forge) test --fuzz-seed $$seed
	$(at_home) pytest -p no:ape_test -m deep tests/backend tests/examples tests/faults
	@$(MAKE) --no-print-directory test-proofs
	@$(MAKE) --no-print-directory test-fuzz
	@$(MAKE) --no-print-directory test-install

test-proofs: $(halmos) ## Prove two properties of the money in escrow for all inputs (halmos; part of test-deep)
	$(at_home) PATH="$(CURDIR)/$(dir $(forge)):$$PATH" FOUNDRY_PROFILE=halmos $(halmos) --contract EscrowProofs --forge-build-out .cache/halmos/out --loop 40

$(halmos): tests/symbolic/requirements.lock | setup
	@python3 -m venv .cache/halmos/venv
	@.cache/halmos/venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

test-fuzz: $(atheris) ## Fuzz what reads containers, envelopes, cards and Crypt4GH, FUZZ_SECONDS=60 each (atheris; part of test-deep)
	$(at_home) PYTHONPATH=$(CURDIR)/.cache/atheris python tests/fuzzing/campaign.py $(FUZZ_SECONDS)

$(atheris): tests/fuzzing/requirements.lock | setup
	@rm -rf .cache/atheris
	@python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --target .cache/atheris -r $<
	@touch $@

test-install: setup ## Install what a training node needs, and nothing else, in an empty environment, and start it there
	$(at_home) pytest -p no:ape_test --timeout 1200 tests/install

check: ## Format, lint, types, import rules, lengths of files, static analysis of the contracts, generated files
	@$(MAKE) --no-print-directory --jobs=$(JOBS) --output-sync=target $(checks)

check-contracts: $(slither_build)
	$(forge) fmt --check contracts tests/contracts tests/symbolic
	$(at_home) $(timed) slither slither . --exclude $(slither_off) >$(slither_report) 2>&1 && ! grep -q $(slither_unread) $(slither_report) || { cat $(slither_report); exit 1; }

check-python: setup
	ruff format --check .
	ruff check .
	$(timed) mypy mypy
	lint-imports --no-cache
	python -m scripts.lengths

check-page: setup
	$(call node_tool,typescript/bin/tsc) --noEmit -p frontend
	$(call node_tool,oxlint/bin/oxlint) frontend tests/e2e
	$(call node_tool,oxfmt/bin/oxfmt) --check frontend tests/e2e

check-generated: $(compiled)
	python scripts/export_abi.py --check
	python scripts/export_schemas.py --check
	python tests/vectors/make.py --check
	python -m scripts.reference --check
	node frontend/generate.mjs --check

format: setup ## Format everything: Python, contracts, page
	ruff format .
	$(forge) fmt contracts tests/contracts tests/symbolic
	$(call node_tool,oxfmt/bin/oxfmt) frontend tests/e2e

generate: setup $(compiled) ## Write again what is generated: ABIs, schemas, API client, vectors
	python scripts/export_abi.py
	python scripts/export_schemas.py
	python tests/vectors/make.py
	python -m scripts.reference
	node frontend/generate.mjs

# Beforehand, so that suites that run side by side only read what it writes.
compile: setup forge-build $(compiled) $(imported) $(slither_build)

forge-build: $(solmate_suite) | setup
	@$(at_home) $(timed) forge-build $(forge) build --quiet

# Left alone, Ape compiles the files that changed and not the contracts that import them: old code would be deployed.
$(compiled): $(shell find contracts -name '*.sol') ape-config.yaml package-lock.json | setup
	@$(timed) ape-compile ape compile --force
	@touch $@

# Suites that begin together would each compile the same thousands of files (scripts/setup.sh has left them).
$(imported): requirements.lock | setup
	@python -c "import ape, hypothesis, opacus, pandas, peft, schemathesis, scipy.stats, sklearn.linear_model, transformers.models.bert.modeling_bert, web3"
	@mkdir -p $(@D) && touch $@

$(solmate_suite): tests/contracts/conformity/adapt_solmate.py package-lock.json | setup
	@python $<

$(slither_build): $(shell find contracts) foundry.toml package-lock.json | setup
	@rm -rf .cache/slither
	@$(at_home) FOUNDRY_PROFILE=slither $(forge) build --quiet

test-contracts: compile
	@# Quiet, it does not say which test failed: those run again, to be seen.
	$(at_home) $(behind) $(timed) forge $(forge) test --quiet || { HOME=$(CURDIR)/.cache/home $(forge) test --rerun; exit 1; }
	@# Ape itself draws a port, and starts anvil there although another suite's connection may have it.
	$(at_home) APE_FOUNDRY_HOST="http://127.0.0.1:$$(python -c 'from biodesci.localnet.processes import free_port; print(free_port())')" $(behind) $(timed) ape ape test tests/contracts

test-backend: compile
	$(call python_tests,backend) tests/backend $(addprefix --ignore=,$(rooms) $(network) $(index) $(chain)) tests/examples

test-rooms: compile
	$(call python_tests,rooms) $(rooms)

test-attacks: compile
	$(call python_tests,attacks) tests/attacks

test-chain: compile
	$(call python_tests,chain) $(chain)

test-network: compile
	$(call python_tests,network) $(network)

test-index: compile
	$(call python_tests,index) $(index)

# It needs nothing that is compiled; but what waits for nothing would start before the suites that take longest.
test-page: compile
	$(behind) $(timed) page $(call node_tool,vitest/vitest.mjs) run --root frontend

# Each of these starts stacks of ten processes and more: side by side they would only wait for each other.
test-stacks: compile frontend/dist/index.html
	$(browser)
	$(story)
	$(integration)

test-integration: compile
	$(integration)

test-story: compile
	$(story)

test-browser: compile frontend/dist/index.html
	$(browser)

figures: setup ## Measure, beside the peers, and write build/figures.json
	python -m benchmarks.run $(ARGS)

soak: setup ## Half an hour of indexer, API and custodian: what they hold must not grow (ARGS="--minutes 2")
	$(at_home) python -m benchmarks.soak $(ARGS)

frontend/dist/index.html: $(page_sources)
	$(call node_tool,vite/bin/vite.js) build frontend --logLevel warn

clean: ## Remove what set-up and runs made in this checkout
	rm -rf .venv node_modules .cache .build .biodesci build frontend/dist tests/contracts/conformity/build
