# Two commands matter: `make run` and `make test`.  `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 3000
HOST ?= 127.0.0.1
DATA ?=
DEMO ?=

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
JS_BIN := $(CURDIR)/tools/node_modules/.bin
FRONT_END := .web/build/client/index.html
BUILT_FROM := .web/build/sources.sha256

UNIT = pytest --numprocesses auto -m "not browser and not durability and not consumers"
# Whole modules go to either worker, the longest one first: their tests share servers and datasets.
# What fails there is tried once more by itself, with the machine to itself, and named as such.
BROWSER = pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m browser tests/ui \
	|| { echo "Tried again, one at a time: what failed above."; \
	  pytest --last-failed --last-failed-no-failures none -m browser tests/ui; }
CONSUMERS := .venv-consumers
LIGHT_CONSUMERS := .venv-consumers-light
AGENT_LIGHTNING := .venv-agent-lightning
PYTHON312 ?= python3.12

export PATH := $(JS_BIN):$(BIN):$(PATH)
export REFLEX_TELEMETRY_ENABLED := false
export REFLEX_CHECK_LATEST_VERSION := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
ifneq ($(DATA),)
export RFT_DATA_DIR := $(abspath $(DATA))
endif

TRAINER := .venv-trainer
NO_TRAINER := $(VENV)/.no-trainer
# `make run TRAINING=no` leaves out what trains (1.5 GB); `make trainer` brings it at any time.
TRAINING ?=
# An index that has PyTorch's build for CPUs, where yours has not: without it come gigabytes for GPUs.
TORCH_INDEX ?=

.PHONY: help run trainer test check format lint types unit browser test-consumers test-light-consumers screenshots build install install-dev chromium clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / – /'

run: install build ## start the app (PORT=, HOST=, DATA=, DEMO=1, TRAINING=no)
	@[ -n "$(TRAINING)" ] || [ -e $(NO_TRAINER) ] || $(MAKE) --no-print-directory trainer || { \
	  touch $(NO_TRAINER); echo "Nothing can be trained yet; all else works. Try again with: make trainer"; }
	@rft migrate
	@if [ -n "$(DEMO)" ]; then rft demo --if-empty; fi
	@exec rft serve --host $(HOST) --port $(PORT)

test: install-dev build chromium lint types ## everything: lint, imports, types, unit, API, browser
	$(UNIT)
	@$(MAKE) --no-print-directory test-light-consumers
	pytest --numprocesses 2 -m durability tests
	$(BROWSER)

check: install-dev format lint types unit ## what to run before a commit

format:
	ruff format rft_app tests benchmarks alembic/env.py rxconfig.py
	ruff check --fix rft_app tests benchmarks alembic/env.py rxconfig.py

lint: install-dev
	ruff format --check rft_app tests benchmarks alembic/env.py rxconfig.py
	ruff check rft_app tests benchmarks alembic/env.py rxconfig.py
	lint-imports

types: install-dev
	pyright

unit: install-dev
	$(UNIT)

browser: install-dev build chromium ## the browser tests alone
	$(BROWSER)

test-consumers: install-dev $(CONSUMERS)/.installed ## what reads our exports reads them (downloads 500 MB)
	python -m tests.consumers.make_exports out/consumers
	$(CONSUMERS)/bin/python -m pytest tests/consumers
	@if $(PYTHON312) --version >/dev/null 2>&1; then \
	  $(MAKE) --no-print-directory $(AGENT_LIGHTNING)/.installed && \
	  $(AGENT_LIGHTNING)/bin/python -m pytest tests/consumers/test_agent_lightning.py; \
	else \
	  echo "Agent Lightning was skipped: it needs Python 3.12. Name one with PYTHON312=."; \
	fi

test-light-consumers: install-dev $(LIGHT_CONSUMERS)/.installed ## those that are installed in seconds
	python -m tests.consumers.make_exports out/consumers
	$(LIGHT_CONSUMERS)/bin/python -m pytest tests/consumers

$(LIGHT_CONSUMERS)/.installed: requirements-consumers-light.txt
	$(PYTHON) -m venv $(LIGHT_CONSUMERS)
	$(LIGHT_CONSUMERS)/bin/python -m pip install --quiet --no-deps -r requirements-consumers-light.txt
	@touch $@

$(CONSUMERS)/.installed: requirements-consumers.txt requirements-consumers-light.txt
	@echo "Installing what reads our exports (about three minutes) …"
	$(PYTHON) -m venv $(CONSUMERS)
	$(CONSUMERS)/bin/python -m pip install --quiet --no-deps -r requirements-consumers.txt
	@touch $@

$(AGENT_LIGHTNING)/.installed: requirements-agent-lightning.txt
	$(PYTHON312) -m venv $(AGENT_LIGHTNING)
	$(AGENT_LIGHTNING)/bin/python -m pip install --quiet --no-deps -r requirements-agent-lightning.txt
	@touch $@

trainer: $(TRAINER)/.installed ## what trains on this machine (1.5 GB, about a minute)

$(TRAINER)/.installed: requirements-trainer.txt
	@echo "Installing what trains (1.5 GB, about a minute) …"
	$(PYTHON) -m venv $(TRAINER)
	@# torch first: pip takes the build for CPUs wherever the index has it.
	$(TRAINER)/bin/python -m pip install --quiet --no-deps $(addprefix --index-url ,$(TORCH_INDEX)) $$(grep '^torch==' $<)
	$(TRAINER)/bin/python -m pip install --quiet --no-deps -r requirements-trainer.txt
	@# A build for GPUs does not start without its libraries.
	@$(TRAINER)/bin/python -c 'import torch' 2>/dev/null || \
	  $(TRAINER)/bin/python -m pip install --quiet $$(grep '^torch==' $<)
	@touch $@

screenshots: install-dev build chromium ## a picture of every screen, in out/screenshots
	python -m tests.ui.screens out/screenshots

install: $(VENV)/.installed tools/node_modules/.installed

install-dev: install $(VENV)/.installed-dev

# Built again unless it is that of these sources: compared by content, for times tell nothing of a
# folder that was copied or of another commit.
build: $(VENV)/.installed tools/node_modules/.installed ## build the interface, where its sources changed
	@sources=$$(python -m rft_app.services.interface_build) || exit 1; \
	[ -e $(FRONT_END) ] && [ "$$(cat $(BUILT_FROM) 2>/dev/null)" = "$$sources" ] && exit 0; \
	echo "Building the interface (about half a minute) …"; \
	mkdir -p .web; rm -f $(BUILT_FROM); \
	reflex export --frontend-only --no-zip > .web/build.log 2>&1 || { \
	  tail -n 40 .web/build.log; echo "The build failed; its whole log is .web/build.log."; exit 1; }; \
	echo "$$sources" > $(BUILT_FROM)

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	  "Name another with PYTHON=python3.12."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || { \
	  echo "This Python cannot make environments. On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --no-deps -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-dev.txt
	@touch $@

tools/node_modules/.installed: tools/package.json
	@command -v npm >/dev/null || { \
	  echo "npm is needed to build the interface. On Debian: apt-get install npm"; exit 1; }
	npm install --prefix tools --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

chromium:
	@for name in chromium chromium-browser google-chrome; do \
	  command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation; \
	else \
	  echo "The browser tests need Chromium. On Debian: sudo apt-get install chromium"; exit 1; \
	fi

clean: ## remove what the targets made, not your data
	rm -rf $(VENV) $(TRAINER) $(CONSUMERS) $(LIGHT_CONSUMERS) $(AGENT_LIGHTNING) .web tools/node_modules .pytest_cache .ruff_cache .import_linter_cache .states
