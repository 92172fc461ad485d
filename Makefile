# Samverkansrum. Written for GNU make 3.81 (macOS) and later.
#   make run      start it with demo data on http://127.0.0.1:8000 (PORT=8001 for another port)
#   make fresh    the same, from the beginning
#   make test     all tests (LONG=1: the long ones too; some of them: docs/testing.md)
#   make lint     ruff and mypy
#   make bench    how fast an act is on the other's page, the live room, a day of 5,000 users, the board, the figures, the feeds (docs/bench.md)
#   make chaos    what is kept when processes are killed, and the raw counts (docs/chaos.md)

# Some machines forbid it, and then every process that a test starts compiles the product anew.
unexport PYTHONDONTWRITEBYTECODE

PORT = 8000
LONG =
BIN = .venv/bin
# A name on PATH is not enough: version managers leave names that answer with an error.
PYTHON = $(shell for name in python3.11 python3; do if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$name; break; fi; done)
PIP = $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes
LONG_OPTION = $(if $(filter-out 0,$(LONG)),--long)
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: run fresh install test lint measures bench chaos lock vendor

run: install
	@$(BIN)/python manage.py demo --port $(PORT) --dir .demo

fresh:
	rm -rf .demo
	@$(MAKE) run

install: .venv/.runtime

# The stamps are written last: an installation that was cut off is done again.
.venv/.runtime: requirements.lock
	@if test -z "$(PYTHON)"; then echo "Samverkansrum needs Python 3.11 or later." >&2; exit 1; fi
	@echo "Installing what Samverkansrum runs on into .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear .venv || \
		{ rm -rf .venv; echo "On Debian: apt-get install python3.11-venv" >&2; exit 1; }
	@$(PIP) -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing what the tests need into .venv ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

# Processes with a PostgreSQL and a Redis of their own, where the one that is done takes over from the others. Browsers wait
# more than they reckon, so there are three; journeys that hold a watch run beside nothing else.
PYTEST = $(BIN)/python -m pytest $(LONG_OPTION)
EMBEDDED = SAMVERKAN_TEST_BACKEND=embedded $(PYTEST) -m embedded

test: .venv/.dev
	@sh tools/ensure_chromium.sh
	@sh tools/ensure_calendar_clients.sh
	@sh tools/ensure_running_tools.sh
	$(PYTEST) -n 2 --dist worksteal --ignore=tests/journeys
	$(PYTEST) -n 3 --dist worksteal -m "not alone" tests/journeys
	$(PYTEST) -m alone tests/journeys
	$(EMBEDDED) -n 2 --dist worksteal --ignore=tests/journeys
	$(if $(LONG_OPTION),$(EMBEDDED) tests/journeys)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SECRET_KEY=lint $(BIN)/python -m mypy

measures: .venv/.dev
	$(BIN)/python tools/measures.py

bench: .venv/.dev
	$(BIN)/python tools/bench_wire.py
	$(BIN)/python tools/bench_day.py
	$(BIN)/python tools/bench_room.py
	$(BIN)/python tools/bench_figures.py
	$(BIN)/python tools/bench_calendar.py
	$(BIN)/python tools/bench.py

chaos: .venv/.dev
	$(BIN)/python tools/chaos.py

vendor: .venv/.runtime
	$(BIN)/python tools/vendor.py

# Keeps the versions in the locks where it can; UPGRADE=1 takes the newest that the .in files allow.
lock:
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; \
	"$$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check uv; \
	PATH="$$folder/bin:$$PATH"; export PATH; \
	$(COMPILE) requirements.in -o requirements.lock; \
	$(COMPILE) requirements-dev.in -o requirements-dev.lock
