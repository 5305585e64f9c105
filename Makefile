# The commands of this project. `make` alone lists them. Nothing is needed but Python 3.10+ and a package index.

SHELL := /bin/sh
KUBECTL_DS_VENV ?= .venv
export KUBECTL_DS_VENV
BIN = $(KUBECTL_DS_VENV)/bin
PYTHONS = python3.10 python3.11 python3.12 python3.13 python3.14

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-pythons lint format lock demo-capture differential bench plane dist clean run-environment dev-environment

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: run-environment ## the coverage report of the troubled cluster that ships with the package
	@$(BIN)/kubectl-ds coverage --demo

test: dev-environment plane ## all tests, on a real control plane that is built once (ARGS='-k name' for some)
	@$(BIN)/python -m pytest $(ARGS)

test-fast: dev-environment ## the tests that need no control plane, in seconds
	@$(BIN)/python -m pytest -m "not plane" $(ARGS)

test-pythons: ## the same on every Python of PYTHONS that this machine has, each in a .venv of its own
	@for python in $(PYTHONS); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
		echo "Python $$version" >&2; \
		$(MAKE) --no-print-directory test-fast PYTHON=$$python KUBECTL_DS_VENV=.venv-$$version || exit 1; \
	done

lint: dev-environment ## ruff, mypy, import-linter
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --diff . >&2
	@$(BIN)/mypy --no-error-summary
	@words=$$($(BIN)/lint-imports --no-logo --no-cache) || { printf '%s\n' "$$words" >&2; exit 1; }

format: dev-environment ## put every file into the project's form
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

plane: dev-environment ## build the control plane of the tests, unless it is there
	@$(BIN)/python -m tests.controlplane.build >/dev/null

demo-capture: plane ## record the demo again, from a real control plane
	@$(BIN)/python -m tests.controlplane.record_demo

differential: plane ## random clusters against the real control plane: N=400 SEED=1 KUBERNETES=1.33
	@N=$(N) SEED=$(SEED) $(BIN)/python -m tests.controlplane.differential

bench: plane ## measure beside kubectl and other clients, on this machine, into bench/RESULTS.md (ARGS='--nodes 500' for less)
	@KUBECTL_DS_VENV=.venv-run .ci/install run
	@KUBECTL_DS_VENV=.venv-bench .ci/install bench
	@$(BIN)/python -m bench $(ARGS)

dist: dev-environment ## the wheel, the archives that krew installs, and their manifest, in dist/ (RELEASES=https://… where they will be)
	@RELEASES=$(RELEASES) $(BIN)/python -m release.archives dist $(PLATFORMS)

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url
lock: dev-environment ## resolve the dependencies of pyproject.toml anew into the lock files
	@$(LOCK) --upgrade pyproject.toml --group dev --output-file requirements-dev.lock
	@$(LOCK) --upgrade --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	@$(LOCK) --upgrade --constraint requirements-dev.lock --group build --output-file requirements-build.lock
	@$(LOCK) --upgrade --constraint requirements-dev.lock --group bench --output-file requirements-bench.lock

clean: ## remove what these commands made here (the built control plane stays in the user's cache folder)
	@rm -rf .venv .venv-3.* .venv-run .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find kubectl_ds tests bench -name __pycache__ -prune -exec rm -rf {} +

run-environment:
	@.ci/install run

dev-environment:
	@.ci/install dev
