# `make` alone lists the targets. Every target makes what it needs first, and a
# second run does nothing that the first one did.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Tests start programs by the hundred; without bytecode each would compile its source anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/allswell
FILE ?= examples/quickstart.yaml
# The example asks these before it calls a public site down: offline is no outage of theirs.
REFERENCES := kubernetes.io:443 www.python.org:443
ASK := $(if $(filter examples/quickstart.yaml,$(FILE)),$(REFERENCES:%=--egress-reference %))
ONLY ?=
# Many tests wait, so more run at once than there are cores; the long ones come early enough only if
# idle workers take over from busy ones. A part of the tests is collected once, and not traced.
JOBS ?= $(if $(ARGS),,--numprocesses 3 --dist worksteal)
COVERAGE := $(if $(ARGS),,--cov --cov-report=)
PATHS ?= .

RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

# The lock is complete, so pip must not resolve anything, and must not take a
# file whose hash it does not know.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKED := $(INSTALL) --require-hashes --requirement

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(RUNTIME) ## Make .venv with the pinned runtime packages

.PHONY: up
up: $(RUNTIME) ## Run the example (or FILE=my.yaml) on this machine: http://127.0.0.1:8080/
	@exec $(BIN)/allswell up $(ASK) $(FILE) $(ARGS)

.PHONY: fmt
fmt: $(DEV) ## Format and repair the code (PATHS="a b" for a part of it)
	$(BIN)/ruff check --fix-only --quiet $(PATHS)
	$(BIN)/ruff format $(PATHS)

.PHONY: lint
lint: $(DEV) ## Formatting, lint rules and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --cache-dir build/import-linter

.PHONY: types
types: $(DEV) ## mypy, strict, tests included
	$(BIN)/mypy

.PHONY: check
check: lint types ## All that needs no run: lint, types, contracts, style figures
	$(BIN)/python -m tests.style

.PHONY: test
test: $(DEV) ## All tests that need no cluster, and the coverage limits (ARGS="-k word": some)
	@$(BIN)/python -m tests.needs
	@$(BIN)/python -m tests.npm test
	$(BIN)/python -m pytest -m "not cluster and not browser" --ignore=tests/cluster \
		--ignore=tests/browser $(JOBS) $(COVERAGE) $(ARGS)
ifndef ARGS
	$(BIN)/coverage report --include='*/allswell/domain/*' --fail-under=100
	$(BIN)/coverage report --fail-under=90
endif

.PHONY: pythons-test
pythons-test: $(DEV) ## The unit and property tests on every other Python (from 3.11) of this machine
	@$(BIN)/python -m tests.pythons $(ARGS)

.PHONY: browser-test
browser-test: $(DEV) ## The page in Debian's Chromium, judged by axe (from npm)
	@$(BIN)/python -m tests.needs
	@$(BIN)/python -m tests.npm browser
	$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

.PHONY: cluster-test
cluster-test: $(DEV) ## Tests on a real Kubernetes, made for them here (or KUBECONFIG's, if it is for tests)
	@$(BIN)/python -m tests.cluster.lab test $(ARGS)

.PHONY: cluster-up
cluster-up: $(DEV) ## Bring that Kubernetes up to stay: then pytest tests/cluster -k word
	@$(BIN)/python -m tests.cluster.lab up

.PHONY: cluster-down
cluster-down: $(DEV) ## Take it down, or remove what is left of one
	@$(BIN)/python -m tests.cluster.lab down

.PHONY: bench
bench: $(DEV) ## Measure; a line per figure, and build/bench.json (ONLY=name,name)
	$(BIN)/python -m tests.bench $(if $(ONLY),--only "$(ONLY)")

.PHONY: chart
chart: $(RUNTIME) ## Renew what the chart repeats: its CRDs, its README's table of values
	$(BIN)/python charts/documents.py

.PHONY: translations
translations: $(DEV) ## Take new messages of the page into its catalogues, and compile them
	$(BIN)/python -m tests.catalogues

.PHONY: lock
lock: ## Renew requirements/*.lock from pyproject.toml
	@requirements/lock.sh "$(PYTHON)" "$(CACHE)"

.PHONY: clean
clean: ## Remove what make has made (not your data in .allswell/)
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
	find operator webpage tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@requirements/python.sh "$(PYTHON)"
	@echo "Making $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv --clear $(VENV)

$(RUNTIME): requirements/runtime.lock requirements/build.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned runtime packages into $(VENV)."
	@$(LOCKED) requirements/runtime.lock --requirement requirements/build.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.lock $(RUNTIME)
	@echo "Installing the pinned test and lint tools into $(VENV)."
	@$(LOCKED) requirements/dev.lock
	@touch $@
