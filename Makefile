# `make run` and `make test` do all their own set-up on a fresh Debian 12 machine (git, make, Python >= 3.11).
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check audit simulate campaign conformance fuzz bench docs clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run-ready ## the main job: a shop on the embedded emulator, fourteen receipts and a refusal, then it serves
	$(BIN)/fiscal-gateway demo $(ARGS)

test: $(VENV)/.test-ready ## every check of the code and the whole test suite
	$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist worksteal $(PYTEST_ARGS)

check: $(VENV)/.test-ready ## lint, format, types, layers, audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory audit

audit: $(VENV)/.test-ready ## bandit over our code, pip-audit over what is installed (says so where no service answers)
	$(BIN)/python .ci/audit.py

simulate: $(VENV)/.test-ready ## bad years in virtual time: SEEDS=0:1000 [ARGS="--jobs 2"]; sums are kept over runs
	PYTHONPATH=.:tests/helpers:tests/campaigns $(BIN)/python -m simulation $(SEEDS) $(ARGS)

campaign: $(VENV)/.test-ready ## real processes, sockets and disks under faults: RECEIPTS=20000 [ARGS=…]
	PYTHONPATH=.:tests/helpers:tests/campaigns $(BIN)/python -m processes $(RECEIPTS) $(ARGS)

conformance: $(VENV)/.test-ready ## every scenario and every fault on every register, framing and ФФД: [FAMILIES="atol …"] [ARGS="--jobs 2"]
	CONFORMANCE=all $(BIN)/pytest -q tests/conformance $(foreach family,$(FAMILIES),-k $(family))
	PYTHONPATH=.:tests/helpers:tests/campaigns $(BIN)/python -m matrix $(ARGS) $(FAMILIES)

fuzz: $(VENV)/.fuzz-ready ## coverage-guided fuzzing of every decoder: SECONDS=60 each [TARGETS="tlv framing_v1 …"]
	PYTHONPATH=.:tests/helpers:tests/campaigns $(BIN)/python -m fuzzing $(SECONDS) $(TARGETS)

bench: $(VENV)/.test-ready ## every figure of docs/performance.md
	$(BIN)/python bench/run.py

docs: $(VENV)/.test-ready ## regenerate the generated pages of docs/
	$(BIN)/python docs/generate.py

$(VENV)/.run-ready: pyproject.toml .ci/setup
	bash .ci/setup run $(VENV)

$(VENV)/.test-ready: pyproject.toml .ci/setup
	bash .ci/setup test $(VENV)

$(VENV)/.fuzz-ready: $(VENV)/.test-ready
	$(BIN)/python -m pip install --quiet --group fuzz
	touch $@

clean: ## forget the virtual environment and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
