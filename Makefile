# Every target does all its own set-up: a virtual environment in .venv with the pinned requirements.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup lint test demo bench docs picture requirements clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

setup: $(READY) ## a virtual environment with everything that is needed

$(READY): pyproject.toml requirements/dev.txt tests/node/package-lock.json
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$$(grep '^uv==' requirements/dev.txt)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/npm ci --silent --ignore-scripts --no-audit --no-fund --prefix tests/node
	@touch $@

lint: $(READY) ## ruff, mypy --strict and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -q tests/unit/test_imports.py

test: $(READY) ## the whole test suite, with real dbt on DuckDB
	$(BIN)/pytest -n auto --dist worksteal --durations 15 $(ARGS)

demo: $(READY) ## production, then a change and the slim CI job that defers to it
	$(BIN)/python examples/demo.py

bench: $(READY) ## the measured figures, in pairs
	$(BIN)/python -m tests.bench $(ARGS)

docs: $(READY) ## write the generated parts of the README again
	$(BIN)/python -m tests.reference

picture: $(READY) ## draw the README's pictures of the history and of a comment again; needs a Chromium
	$(BIN)/python -m tests.picture_runs
	$(BIN)/python -m tests.picture_comment

requirements: ## compile the pinned requirements again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate --no-emit-index-url --upgrade pyproject.toml -o requirements/runtime.txt
	for extra in s3 gcs azure; do $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate --no-emit-index-url --upgrade --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit 1; done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate --no-emit-index-url --upgrade pyproject.toml --group dev -o requirements/dev.txt

clean: ## remove what make has made
	rm -rf $(VENV) tests/node/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
