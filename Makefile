# Everything runs from here; `make help` lists the targets. Only Python 3.11 or newer is assumed.
SHELL := /bin/sh
PYTHON3 ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test test-deep check bench format setup pages bot browser lock screenshots clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup pages ## set everything up, then run the product with demo accounts
	@$(PY) -m orchestrator up --demo $(ARGS)

test: setup pages browser bot ## everything a test needs, then all tests (at most 30 minutes)
	$(PY) web/pages.py test
	$(PY) -m pytest -m "not deep" $(ARGS)

test-deep: setup pages browser bot ## soaks, long fuzzing, mutation, network namespaces (as root)
	HYPOTHESIS_PROFILE=deep $(PY) -m pytest --timeout=1800 $(ARGS)

check: setup ## lint, types, import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports
	$(PY) -m pyright
	$(PY) web/pages.py check

bench: setup ## speed and memory, as ratios to a named peer in the same run
	$(PY) -m bench $(ARGS)

format: setup ## format Python and TypeScript
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) web/pages.py format

screenshots: setup pages browser bot ## make docs/images anew from the running product
	$(PY) -m pytest tests/e2e --screenshots $(ARGS)

setup: $(VENV)/.stamp ## the Python environment, from the lock file

pages: setup ## build the widget, the desk and the demo shop into orchestrator/static
	@$(PY) web/pages.py build

bot: setup ## the bot's own environment and its trained model (both cached)
	@$(PY) -m bot.environment train

browser: setup ## a Chromium for the browser tests
	@$(PY) -m tests.e2e.browser

lock: $(UV) ## resolve the lock files again
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group dev -o requirements-dev.txt

$(VENV)/.stamp: requirements-dev.txt pyproject.toml | $(UV)
	@test -x $(PY) || $(UV) venv --quiet --python '>=3.11' $(VENV)
	@echo "installing the Python environment from requirements-dev.txt"
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements-dev.txt
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

.tools/bin/uv:
	@echo "uv is not on the PATH: installing it from PyPI into .tools"
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON3=/path/to/python3.11"; exit 1; }
	@$(PYTHON3) -m venv .tools || { echo "python3 -m venv failed: install your system's python3-venv package, or put uv on the PATH"; exit 1; }
	@.tools/bin/python -m pip install --quiet uv

clean: ## remove what the targets above made (not the data in var/)
	rm -rf $(VENV) .tools web/node_modules bot/.venv bot/models
	find orchestrator/static -mindepth 1 ! -name .gitkeep -delete
