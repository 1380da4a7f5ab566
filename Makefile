# Everything runs from this checkout alone; see README.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help

export BIODESCI_ROOT := $(CURDIR)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/.cache/ape
export SOLCX_BINARY_PATH := $(CURDIR)/.cache/solc

.PHONY: help setup demo up test
help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## Set up .venv, node_modules and .cache (a no-op when nothing changed)
	@./scripts/setup.sh
