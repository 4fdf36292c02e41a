# What a developer types. `make demo` first; `make check test` before a change lands.

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin

# All that a run writes lies in .caja, byte code and pip's cache included.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.caja/pycache
export PIP_CACHE_DIR ?= $(CURDIR)/.caja/cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo up down test simulate mutants bench picture check format lock clean
help: ## This list
	@sed -n 's/^\([a-z.]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: .venv ## A customer pays for fuel, told step by step (ONCE=1: then take everything down)
	@$(BIN)/caja demo $(if $(ONCE),--once)

up: .venv ## The stack on this machine (ARGS="--mercadopago-url URL --port N")
	@$(BIN)/caja local up $(ARGS)

down: ## Stop it
	@if [ -x $(BIN)/caja ]; then $(BIN)/caja local down; else echo "Nothing was up."; fi

# ─── Checks ───────────────────────────────────────────────────────────────────────────────────────────────────

# Money is decided in these: every branch of them is tested.
DECIDING := orders transitions decisions settlement holdings refunds deadlines health boxes merchant_orders watch \
  poll_answers notifications usecases/*
export COVERAGE_FILE := $(CURDIR)/.caja/coverage

# The tests of the deployed stack share it, so they run in one process, after the others. (xdist's groups would let
# them run beside the others, but xdist 3.8 cannot name them to pytest 9.2.)
test: .venv ## Every test
	@mkdir -p .caja
	@$(BIN)/python -m pytest -m "not deployed" --numprocesses=auto --dist=loadfile --cov --cov-branch --cov-report=
	@$(BIN)/coverage report --include="$$(printf 'layers/common/caja/%s.py,' $(DECIDING))" --fail-under=100
	@$(BIN)/python -m pytest -m deployed

# Not part of `make test`, which plays a few towns only.
simulate: .venv ## A million steps of selling with every fault there is (SEED=7: one town again)
	@PYTHONPATH=.:layers/common $(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED))

mutants: .venv ## Seed faults into the code, one at a time, and see each caught
	@$(BIN)/python -m tests.mutants

bench: .venv ## What is measured: how fast Mercado Pago's simulator is, and what it keeps
	@PYTHONPATH=.:layers/common $(BIN)/python -m benchmarks.simulator

picture: .venv ## The README's picture of the page, anew (needs Chromium)
	@CAJA_PICTURE=1 $(BIN)/python -m pytest -q tests/browser/test_picture.py

check: .venv ## Format, lint, types, arrows, template
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=layers/common $(BIN)/lint-imports --no-cache
	@mkdir -p .caja
	@AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR=.caja/sam $(BIN)/sam validate --lint
	@$(BIN)/python -m local.template > .caja/expanded.json  # `sam validate` does not see faults that the transform makes
	@$(BIN)/cfn-lint .caja/expanded.json

format: .venv ## Let the formatter have its way
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

# ─── Environments ─────────────────────────────────────────────────────────────────────────────────────────────

.venv: .venv/installed

# The emulator pins another botocore than SAM does, so it has an environment of its own, .venv/aws.
.venv/installed: requirements-dev.txt local/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed, and $(PYTHON) is not. Name another: make PYTHON=python3.13 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "$(PYTHON) cannot make environments. Install them: apt-get install python3-venv, or your system's like."; exit 1; }
	@echo "Installing into .venv (once; a minute or two) …"
	@$(PYTHON) -m venv .venv && $(PYTHON) -m venv .venv/aws
	@echo "  tools and libraries"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.txt
	@echo "  emulated AWS"
	@.venv/aws/bin/python -m pip install --quiet --no-deps --require-hashes -r local/requirements.txt
	@printf '%s\n' '#!$(CURDIR)/$(BIN)/python' 'import sys' 'sys.pycache_prefix = "$(CURDIR)/.caja/pycache"' \
	  'sys.path[0] = "$(CURDIR)"' 'from cli.__main__ import main' 'main()' > $(BIN)/caja
	@chmod +x $(BIN)/caja
	@touch $@

# Lock files name no registry: pip takes each package from wherever this machine's pip is told to.
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q
lock: .venv ## Remake the lists of pinned dependencies from the .in files
	$(BIN)/$(COMPILE) layers/common/requirements.in -o layers/common/requirements.txt
	$(BIN)/$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(BIN)/$(COMPILE) local/requirements.in -o local/requirements.txt

clean: down ## Back to a fresh clone
	@rm -rf .venv .caja .aws-sam .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
