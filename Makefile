# Every target that needs Python packages makes .venv first, from the lock; details of what runs are in .local/log.

PYTHON ?= python3
PORT ?= 4566
RUNTIME ?= python3.13
ARCHITECTURE ?= arm64
PARAMETERS ?=

BIN := .venv/bin
LOGS := .local/log
STAMP := .venv/.installed

# Nothing is written outside this folder, not even pip's cache.
export PIP_CACHE_DIR := $(CURDIR)/.local/pip

# $(call quietly,NAME,COMMAND): run it with its output in a log, which is shown when it fails
quietly = mkdir -p $(LOGS); $(2) >$(LOGS)/$(1).log 2>&1 || { status=$$?; cat $(LOGS)/$(1).log >&2; exit $$status; }

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check bench build site deploy redrive lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s%s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "PYTHON=python3.13 chooses the Python of .venv, PORT=4570 the local stack's ports (4566 to 4569)"

setup: $(STAMP) ## make .venv, with all that the other targets need

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is missing or older than 3.11: install Python 3.11 or later, or name one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module: apt-get install python3-venv, or name another: make PYTHON=…" >&2; exit 1; }
	@echo "installing pinned packages into .venv (a minute or two, once) …"
	@$(call quietly,venv,$(PYTHON) -m venv --clear .venv)
	@$(call quietly,install,$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: -r requirements-dev.txt)
	@$(call quietly,editable,$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .)
	@touch $@

demo: $(STAMP) ## start the local stack, upload DICOM files, show what arrived, draw one
	@$(BIN)/python -m local demo --port $(PORT)

up: $(STAMP) ## start the local stack, and say how to use it
	@$(BIN)/python -m local up --port $(PORT)

down: ## stop the local stack
	@test ! -x $(BIN)/python || $(BIN)/python -m local down

test: $(STAMP) site ## run all tests
	@$(BIN)/python -m pytest tests/system # by itself: a stack of its own takes both cores
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/system tests

check: $(STAMP) ## lint, format, types, template
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@for handler in functions/*/handler.py; do $(BIN)/mypy --no-error-summary $$handler || exit 1; done
	@$(BIN)/cfn-lint template.yaml datastore.yaml
	@$(BIN)/python -m pytest -q tests/unit/test_*.py

bench: $(STAMP) ## measure, side by side with the obvious ways
	@$(BIN)/python -m benchmarks

build: $(STAMP) ## build the layer for Lambda, arm64 and x86_64, into dist/
	@cd layers/dicom && for architecture in arm64 x86_64; do \
		../../$(BIN)/python -m build_layer --target $(RUNTIME)-$$architecture || exit 1; done

site: $(STAMP) ## build the page into frontend/dist, where its sources have changed
	@$(BIN)/python -m local.page

deploy: $(STAMP) site ## deploy to AWS by samconfig.toml (RUNTIME=, ARCHITECTURE=, PARAMETERS="Name=value …")
	@$(BIN)/aws sts get-caller-identity >/dev/null || { \
		echo "no AWS credentials that work: set AWS_PROFILE, or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" >&2; exit 1; }
	@LAYER_TARGET=$(RUNTIME)-$(ARCHITECTURE) $(BIN)/sam build
	@$(BIN)/sam deploy --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE) $(PARAMETERS)
	@$(BIN)/serverless-dicom publish

redrive: $(STAMP) ## put what is in the dead-letter queues back (local stack if it runs, else AWS)
	@if [ -f .local/env ]; then . .local/env; fi; $(BIN)/serverless-dicom redrive

lock: $(STAMP) ## pin the newest versions that requirements.in, requirements-dev.in and the benchmarks allow
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --output-file requirements-dev.txt requirements-dev.in
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --constraint requirements-dev.txt --output-file requirements.txt requirements.in
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --output-file benchmarks/dicom2jpg.txt benchmarks/dicom2jpg.in

clean: down ## remove all that was made
	@rm -rf .venv .local .aws-sam dist build frontend/dist frontend/node_modules ./*.egg-info layers/dicom/*.egg-info
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +
