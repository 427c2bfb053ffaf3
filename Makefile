# `make run` and `make test` do all their own set-up on a fresh Debian 12 machine (git, make, Python >= 3.11).
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check bench docs clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run-ready ## the main job: a shop on the embedded emulator, four receipts, then it keeps serving
	$(BIN)/fiscal-gateway demo $(ARGS)

test: $(VENV)/.test-ready ## every check of the code and the whole test suite
	$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist worksteal $(PYTEST_ARGS)

check: $(VENV)/.test-ready ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test-ready ## every figure of docs/performance.md
	$(BIN)/python bench/run.py

docs: $(VENV)/.test-ready ## regenerate the generated pages of docs/
	$(BIN)/python docs/generate.py

$(VENV)/.run-ready: pyproject.toml .ci/setup
	bash .ci/setup run $(VENV)

$(VENV)/.test-ready: pyproject.toml .ci/setup
	bash .ci/setup test $(VENV)

clean: ## forget the virtual environment and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
