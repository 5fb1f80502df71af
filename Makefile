# make demo: the main job on the embedded default. make check: between edits. make test: the tests.
# Needs Python 3.11+ with venv, git and make.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
# What needs a database server, a browser or a Docker engine, and what starts a whole Dagster for many seconds.
SERVICES := needs_server or needs_browser or needs_docker or end_to_end

# With no bytecode on disk every Dagster command takes more than twice as long.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1

.PHONY: demo check test test-services lint types docs bench clean

demo: .venv/installed
	$(BIN)/python examples/demo.py

# A minute: all but the tests that take a second or more and those of `make test-services`.
check: lint types
	$(PYTEST) -q -m 'not (slow or $(SERVICES))'

test: .venv/installed
	$(PYTEST) -m 'not ($(SERVICES))'

# All that `make test` leaves out. DMB_TEST_SERVICES=required: what is not installed fails instead of being skipped.
test-services: .venv/installed
	$(PYTEST) -m '(needs_server or needs_browser or end_to_end) and not needs_docker'
	$(BIN)/python -m pytest -m needs_docker

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy .

# The part of the reference that the code knows.
docs: .venv/installed
	$(BIN)/python docs/generate.py

bench: .venv/installed
	$(BIN)/python -m bench

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv demo build dist
