# `make run` and `make test` do all the set-up they need. `make help` lists the rest.
# where it is set, each command compiles all of ccdata anew
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# setuptools warns at length that the project is installed as it lies here, which is meant
INSTALL = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# a file's tests share what they prepare, so they stay together; the order of the folders starts the long ones early.
# DuckDB waits for the disk at each commit: where memory has room for them, the tests' homes lie there
ROOM := $(shell df --output=avail -k /dev/shm 2>/dev/null | tail -1)
PYTEST = $(if $(filter 1,$(shell test "$(ROOM)" -gt 6000000 2>/dev/null && echo 1)),TMPDIR=/dev/shm) \
  $(BIN)/pytest -q -rs -n 2 --dist loadfile --no-loadscope-reorder

CHECKS = check-sql check-types check-code check-documents check-definitions

.DEFAULT_GOAL := help
.PHONY: help install run dev test test-fast nightly check $(CHECKS) fix bench docs reference clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED)  ## make the virtual environment with pinned versions

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || { echo "ccdata needs Python 3.11 or 3.12; fix: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  echo "installing python3-venv"; \
	  $$(command -v sudo) apt-get update -q && $$(command -v sudo) apt-get install -y -q python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	@$(INSTALL) --upgrade pip  # the one that Python brings takes twice as long for the rest
	$(INSTALL) --no-compile -e '.[dev]'  # what is imported is compiled then, the rest never
	@touch $@

run: $(INSTALLED)  ## land the sample and bring everything up to date
	@$(BIN)/ccdata run --sample

dev: $(INSTALLED)  ## start the web UI on http://127.0.0.1:3000
	@$(BIN)/ccdata dev

test: $(INSTALLED)  ## run all tests; installs the programs they use where apt may be used
	@.ci/packages
	$(PYTEST)

test-fast: $(INSTALLED)  ## run the tests that take less than a few seconds each
	$(PYTEST) -m "not slow"

nightly: $(INSTALLED)  ## the tests of chance at full length: 2,000 tables there and back, 50 kills
	CCDATA_NIGHTLY=1 $(BIN)/pytest -q -rs ccdata_assets_tests/landing/test_round_trip.py ccdata_assets_tests/landing/test_kill.py

check: $(CHECKS)  ## linters, types, SQL, definitions; `make -j2 check` does two at once

check-code: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(INSTALLED)
	$(BIN)/mypy

check-sql: $(INSTALLED)
	$(BIN)/sqlfluff lint dbt_project --processes 2 --disable-progress-bar

check-documents: $(INSTALLED)
	$(BIN)/python -m ccdata_assets.docs --check

check-definitions: $(INSTALLED)
	CCDATA_HOME=$$(mktemp -d) $(BIN)/dg check defs

fix: $(INSTALLED)  ## let the formatters mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project --disable-progress-bar

bench: $(INSTALLED)  ## measure landing against its floor, the sniffing, the drafts, the start-up and the dictionaries
	$(BIN)/python -m benchmarks.landing
	@echo
	$(BIN)/python -m benchmarks.sniffing
	@echo
	$(BIN)/python -m benchmarks.drafting
	@echo
	$(BIN)/python -m benchmarks.startup
	@echo
	$(INSTALL) -e '.[bench]'
	$(BIN)/python -m benchmarks.standardise
	$(BIN)/python -m benchmarks.standardise_speed

docs: $(INSTALLED)  ## write what is generated: docs/generated (dictionary, ER diagram, lineage …), the JSON Schema, lineage.csv
	$(BIN)/python -m ccdata_assets.docs

reference: $(INSTALLED)  ## write the reference tables again that packages carry; look at what changed before you commit
	$(BIN)/python -m ccdata_assets.standard.reference

clean:  ## remove the virtual environment and all that runs have written
	rm -rf $(VENV) dbt_project/target dbt_project/logs data/dagster data/inbox data/lake data/published data/quarantine data/reports data/warehouse
