# Every target sets itself up: it needs Python 3.11+ with venv, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready

.PHONY: demo test test-long check bench bench-smoke bench-rating bench-tui tour snapshots format lock messages clean

demo: $(RUNS)
	$(BIN)/pbxmeter demo

# On two cores three at a time: half of the tests wait for an engine or a screen.
test: $(READY)
	$(BIN)/pytest -n 3 --dist loadfile

test-long: $(READY)
	$(BIN)/pytest -m long --run-long

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/pyright -p pyright-tests.json
	$(BIN)/lint-imports
	$(MAKE) test

bench: bench-rating bench-tui

bench-smoke: $(READY)
	$(BIN)/python -m tests.bench.rating --rows 20000 --rules 100

bench-rating: $(READY)
	$(BIN)/python -m tests.bench.rating $(BENCH)

bench-tui: $(READY)
	$(BIN)/python -m tests.bench.terminal

tour: $(READY)
	$(BIN)/python -m tests.e2e.screenshots

snapshots: $(READY)
	UPDATE_SNAPSHOTS=1 $(BIN)/pytest -q tests/e2e/test_every_screen.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What running and building need is a part of what development needs, with the same versions.
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url pyproject.toml

lock: $(READY)
	$(COMPILE) --group dev --group bench -o requirements.lock
	$(COMPILE) --group build --constraints requirements.lock -o requirements-run.lock

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What running needs; the targets for development add the rest.
$(RUNS): pyproject.toml requirements-run.lock
	$(PYTHON) -c 'import sys; sys.exit("pbxmeter needs Python 3.11 or newer; set PYTHON=python3.12 or similar" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	$(INSTALL) --require-hashes -r requirements-run.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $(RUNS)

$(READY): $(RUNS) requirements.lock
	$(INSTALL) --require-hashes -r requirements.lock
	touch $(READY)

# Three catalogues: what screens and command line say, what engine and configuration say, and what click says.
MARKS := -k N_ -k Message -k in_field:2 -k fault:2 -k fail -k PbxmeterError -k InvalidInput -k NotFound -k Refused \
	-k NotSignedIn -k EngineDown -k ConfigError -k StorageError -k TargetError
BABEL := $(BIN)/python -m babel.messages.frontend -q
EXTRACT := $(BABEL) extract --no-location --sort-output --project pbxmeter
CLICK = $(shell $(BIN)/python -c 'import click; print(click.__path__[0])')

messages: $(READY)
	$(EXTRACT) -F pyproject.toml $(MARKS) -o tui/locale/pbxmeter.pot tui
	$(EXTRACT) -F pyproject.toml $(MARKS) -o tui/locale/sentences.pot engine config
	$(EXTRACT) -o tui/locale/click.pot $(CLICK)
	for domain in pbxmeter sentences click; do \
		$(BABEL) update -N --ignore-obsolete --ignore-pot-creation-date -D $$domain -i tui/locale/$$domain.pot -d tui/locale && \
		$(BABEL) compile -D $$domain -d tui/locale && rm tui/locale/$$domain.pot || exit 1; \
	done
	$(BIN)/python -m tui.text.currencies

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
