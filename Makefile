# `make` alone lists what there is. Needs python3 (3.11 or newer), python3-venv and make.

PYTHON ?= python3
V := .venv
BIN := $(V)/bin
UV := $(BIN)/uv
PAGES := service/pages
VENDOR := $(PAGES)/static/vendor
NPM := $(V)/npm
MODULES := $(NPM)/node_modules
# One worker a core; more than four only wait for each other's databases.
WORKERS ?= logical
PYTEST = $(BIN)/pytest --numprocesses=$(WORKERS) --maxprocesses=4
PORT = $${CHUNGENG_PORT:-8000}

export UV_PYTHON_DOWNLOADS := never
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo serve test check format bench lock clean

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-14s %s\n' "$$target" "$$text"; done

setup: $(V)/.project $(VENDOR)/.stamp ## Make the environment and fetch the front-end files
	@:

demo: setup ## Load the demonstration data and serve it on 127.0.0.1:8000 (or CHUNGENG_PORT)
	@echo "demo: loading the demonstration data, then serving http://127.0.0.1:$(PORT)"
	@$(BIN)/chungeng demo --serve

serve: setup ## Serve the data that is there
	@echo "serve: http://127.0.0.1:$(PORT)"
	@$(BIN)/chungeng serve

test: setup ## Run the tests (PYTEST_ARGS="-k progress" for some of them)
	@echo "test: running the tests; PostGIS and browser tests run where those are found"
	@$(PYTEST) $(PYTEST_ARGS)

check: setup ## What CI runs: format, lint, import contracts, types, tests
	@echo "check: format"
	@$(BIN)/ruff format --check --quiet .
	@echo "check: lint"
	@$(BIN)/ruff check --quiet .
	@echo "check: import contracts"
	@$(BIN)/lint-imports
	@echo "check: types"
	@$(BIN)/mypy --strict
	@echo "check: tests"
	@$(PYTEST) $(PYTEST_ARGS)

format: $(V)/.project ## Format the code and mend what ruff can
	@echo "format: ruff"
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: setup ## Measure each job beside its peers and its floor
	@echo "bench: measuring; close what else is running"
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

lock: $(V)/.project ## Lock the dependencies anew (UPGRADE=--upgrade to move versions)
	@echo "lock: requirements.lock, $(PAGES)/nodejs.lock, $(PAGES)/package-lock.json"
	@$(COMPILE) pyproject.toml --extra dev --output-file requirements.lock >/dev/null
	@$(COMPILE) --group pyproject.toml:node --output-file $(PAGES)/nodejs.lock >/dev/null
	@$(FIND_NODE); cd $(PAGES) && npm install --package-lock-only --loglevel=error >/dev/null
	@! grep -nE '://|"resolved"' requirements.lock $(PAGES)/nodejs.lock
	@! grep -n '"resolved"' $(PAGES)/package-lock.json

clean: ## Remove the environment, fetched files and caches; data in var/ stays
	@echo "clean: removing $(V), $(VENDOR) and caches"
	@rm -rf $(V) $(VENDOR) $(PAGES)/node_modules build dist *.egg-info
	@rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: a virtual environment that holds the lock, nothing else, and the project

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate $(UPGRADE)

$(V)/.python:
	@echo "setup: making a virtual environment in $(V)"
	@command -v $(PYTHON) >/dev/null || { \
		echo "setup: no $(PYTHON) found; install it (Debian: apt install python3 python3-venv)," \
			"or name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "setup: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1);" \
			"name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "setup: $(PYTHON) cannot make a virtual environment;" \
			"Debian: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(V)
	@touch $@

# uv comes by pip, at the version and hash that the lock names; then it fetches the rest.
$(V)/.locked: requirements.lock $(V)/.python
	@echo "setup: installing the locked Python packages"
	@sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ /p;}' requirements.lock >$(V)/uv.lock
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r $(V)/uv.lock
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

# A path file to this folder, and the command `chungeng`: a new package is seen at once.
$(V)/.project: pyproject.toml $(V)/.locked
	@echo "setup: installing the project itself"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
		--config-setting editable_mode=compat --editable .
	@touch $@

# --- the front-end files: from npm by their lock, with the machine's node or one from PyPI

FIND_NODE = PATH="$(CURDIR)/$(NPM)/bin:$$PATH"; export PATH

# Leaves an empty folder where the machine's own node will do, else one that leads to ours.
$(NPM)/.node: $(PAGES)/nodejs.lock $(V)/.locked
	@rm -rf $(NPM) && mkdir -p $(NPM)/bin
	@if command -v npm >/dev/null && \
		node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then :; \
	else \
		echo "setup: no node (18 or newer) on this machine, installing one in $(V)"; \
		$(UV) pip install --quiet --python $(BIN)/python --require-hashes \
			-r $(PAGES)/nodejs.lock && \
		for tool in node npm; do ln -s ../../bin/$$tool $(NPM)/bin/$$tool || exit 1; done; \
	fi
	@touch $@

$(VENDOR)/.stamp: $(PAGES)/package-lock.json $(PAGES)/.npmrc $(NPM)/.node
	@echo "setup: fetching the front-end files"
	@rm -rf $(VENDOR) $(MODULES) && mkdir -p $(VENDOR)
	@cp $(PAGES)/package.json $(PAGES)/package-lock.json $(PAGES)/.npmrc $(NPM)/
	@$(FIND_NODE); cd $(NPM) && npm ci --loglevel=error --no-progress >npm.out || \
		{ cat npm.out; exit 1; }
	@cp $(MODULES)/maplibre-gl/dist/maplibre-gl.mjs \
		$(MODULES)/maplibre-gl/dist/maplibre-gl-worker.mjs \
		$(MODULES)/maplibre-gl/dist/maplibre-gl.css \
		$(MODULES)/echarts/dist/echarts.min.js \
		$(MODULES)/htmx.org/dist/htmx.min.js $(VENDOR)/
	@cp $(MODULES)/maplibre-gl/LICENSE.txt $(VENDOR)/maplibre-gl.LICENSE.txt
	@cp $(MODULES)/echarts/LICENSE $(VENDOR)/echarts.LICENSE.txt
	@cp $(MODULES)/echarts/NOTICE $(VENDOR)/echarts.NOTICE.txt
	@cp $(MODULES)/echarts/licenses/LICENSE-d3 $(VENDOR)/echarts.LICENSE-d3.txt
	@cp $(MODULES)/zrender/LICENSE $(VENDOR)/echarts.LICENSE-zrender.txt
	@cp $(MODULES)/htmx.org/LICENSE $(VENDOR)/htmx.LICENSE.txt
	@chmod 644 $(VENDOR)/*
	@rm -rf $(MODULES)
	@touch $@
