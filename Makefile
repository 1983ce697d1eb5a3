# Everything that people and CI do here; `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := src tests $(wildcard bench)
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --no-input

# A process a core, each with a PostgreSQL of its own and whole files to run, the browser's last.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup tools chromium peers up test check bench lint format types imports lock clean

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamps are the last step of each recipe: one that was broken off runs again.
setup: $(VENV)/run.stamp  ## Make .venv with the redphone command in it
tools: $(VENV)/dev.stamp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Redphone needs Python 3.11 or later: say which with 'make setup PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv, which this Python lacks…" >&2; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
	  else \
	    echo "This Python cannot make virtual environments: run 'sudo apt-get install python3-venv', then this again." >&2; exit 1; \
	  fi; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Redphone needs (a minute the first time)…" >&2
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what checking Redphone needs…" >&2
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { $(call install,chromium,the browser tests); }

# Real programs that speak to our doors in tests. They are started by the tests, never as services.
peers:
	@command -v dovecot >/dev/null || test -x /usr/sbin/dovecot || { $(call install,dovecot-imapd,the tests of mail by IMAP); }
	@command -v prometheus-alertmanager >/dev/null || { $(call install,prometheus-alertmanager,the tests with Alertmanager); }

# $(call install,PACKAGE,WHAT FOR): Debian's package where we may install it, or a word where not.
install = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $(1) for $(2)…" >&2; \
	    apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null 2>&1 \
	      || echo "$(1) could not be installed: $(2) will be skipped." >&2; \
	  else \
	    echo "No $(1): $(2) will be skipped ('sudo apt-get install $(1)' brings them back)." >&2; \
	  fi

up: setup  ## Start the whole desk on this machine, with a small company in it
	@exec $(BIN)/redphone up

test: tools chromium peers  ## Run all tests, on a throw-away PostgreSQL of their own
	@$(BIN)/pytest -q $(SIDE_BY_SIDE)

check: lint types imports test  ## What CI runs: format, lint, types, floors, tests

lint: tools  ## Look for what Ruff finds wrong
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "Run 'make format'." >&2; exit 1; }
	@$(BIN)/ruff check --quiet $(SOURCES)

format: tools  ## Format the code and mend what Ruff can
	@$(BIN)/ruff check --fix --quiet $(SOURCES) || true
	@$(BIN)/ruff format --quiet $(SOURCES)

types: tools  ## Check the types
	@$(BIN)/mypy --no-error-summary

imports: tools
	@$(BIN)/lint-imports --no-logo >build-imports.log 2>&1 || { cat build-imports.log; rm -f build-imports.log; exit 1; }; rm -f build-imports.log

bench: tools  ## Measure the desk; prints, and writes build/bench.json
	@$(BIN)/python -m bench

# A week's cool-down on new versions: most bad releases are found and withdrawn by then.
LOCK := $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --exclude-newer "$$(date -u -d '7 days ago' +%Y-%m-%d)"
lock: tools  ## Choose the versions anew, with hashes
	@$(LOCK) requirements/run.in -o requirements/run.txt
	@$(LOCK) requirements/dev.in -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
