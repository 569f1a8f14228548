SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
ICONS := gig/static/vendor/app/icon-512.png
MO := $(patsubst %.po,%.mo,$(wildcard gig/translations/*/LC_MESSAGES/*.po))
ARGS ?=

# What Python has compiled is kept in the checkout's own environment, also on machines that forbid keeping it
# beside the sources: otherwise each command would compile the whole program anew, two seconds each.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMPS)/gig gig/static/vendor/manifest.json $(ICONS) $(MO) ## Install what running needs into .venv, and the assets

.PHONY: run
run: setup ## Start the platform with demo people and customers on http://127.0.0.1:8000
	@exec $(BIN)/python -m gig dev $(ARGS)

.PHONY: test
test: setup $(STAMPS)/dev ## Install what the tests need and run all of them (ARGS="-k claim" for some)
	@scripts/test_machine.sh
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

.PHONY: bench
bench: setup $(STAMPS)/dev ## Measure into bench/results.md and .json (ONLY=name for one)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

.PHONY: lint
lint: setup $(STAMPS)/dev ## ruff, mypy and the import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: $(STAMPS)/dev ## Let ruff tidy the code
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: lock
lock: $(STAMPS)/uv ## Resolve the requirements and the npm lock anew
	@for name in base dev node uv build; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; \
	done
	@npm install --package-lock-only
	@$(BIN)/python scripts/strip_lock.py

.PHONY: messages
messages: $(STAMPS)/gig ## Collect the texts of the code into the translation files
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k lazy_gettext --no-location --sort-output --omit-header \
	  -o messages.pot gig
	@$(BIN)/pybabel -q update -i messages.pot -d gig/translations --no-fuzzy-matching --ignore-pot-creation-date

.PHONY: clean
clean: ## Remove everything that make made, except the data in var/
	@rm -rf $(VENV) node_modules gig/static/vendor gig/translations/*/LC_MESSAGES/*.mo messages.pot
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

# How each thing is made. A stamp is newer than what it was made from, so a second run has nothing to do.

$(BIN)/python:
	@scripts/make_venv.sh $(VENV)

$(STAMPS)/uv: requirements/uv.txt | $(BIN)/python
	@mkdir -p $(STAMPS)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  || echo "uv is not to be had here; pip will do it, slower."
	@touch $@

$(STAMPS)/gig: requirements/base.txt requirements/build.txt pyproject.toml $(STAMPS)/uv
	@echo "Installing $< …"
	@scripts/pip_install.sh $(BIN) --require-hashes -r requirements/build.txt -r requirements/base.txt
	@scripts/pip_install.sh $(BIN) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt requirements/base.txt $(STAMPS)/gig
	@echo "Installing $< …"
	@scripts/pip_install.sh $(BIN) --require-hashes -r requirements/dev.txt
	@touch $@

gig/static/vendor/manifest.json: package.json package-lock.json scripts/assets.py requirements/node.txt | $(STAMPS)/uv
	@echo "Fetching the front-end assets …"
	@scripts/npm_ci.sh $(BIN)
	@$(BIN)/python scripts/assets.py

$(ICONS): scripts/icons.py gig/static/vendor/manifest.json | $(STAMPS)/gig
	@$(BIN)/python scripts/icons.py

%.mo: %.po $(STAMPS)/gig
	@$(BIN)/pybabel -q compile -i $< -o $@
