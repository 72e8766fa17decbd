# Every command of the project. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
# Arguments to pip, for instance the index of the CPU build of torch (README, "Installing").
PIP_ARGS ?=
# The repository that `make demo` learns from.
REPO ?= .
BIN := .venv/bin

.PHONY: setup demo test test-long check format bench setup-bench seedling clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "idiolect needs Python 3.11 or later; name one with `make PYTHON=python3.12 ...`")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[dev]'
	touch $@

demo: setup
	$(BIN)/python examples/demo.py $(REPO)

test: setup
	$(BIN)/pytest -m 'not long'

# The cluster's library is large, and a fuzzer by coverage has few wheels: only these need them.
test-long: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[ray,fuzz]'
	$(BIN)/pytest -m long

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(MAKE) test

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python docs/generate.py

bench: setup
	$(BIN)/python bench/effect.py --repo $(REPO) --quick --json

setup-bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt detect-secrets
	$(BIN)/python seedling/fetch.py seedling/placebo.txt .bench/placebo
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --upgrade --target .bench/peers -r bench/peers.txt

seedling: setup
	$(BIN)/python -m seedling

clean:
	rm -rf .venv .demo .bench .seedling .mypy_cache .ruff_cache .pytest_cache
