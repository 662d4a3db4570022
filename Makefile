# make run    start everything            make test   install what tests need and run them
# make lint   ruff, mypy, import rules    make fmt    format
# make test-long   the journeys at the other width as well
# make bench  figures, as ratios          make lock   compile the pinned requirements
# make docs   write docs/lifecycle.md from the table
# make screenshot  take the README's picture anew
.PHONY: help run test test-long lint fmt docs bench screenshot lock
PYTHON ?= python3
BIN := .venv/bin

help:
	@sed -n 's/^# //p' Makefile

# Debian keeps venv in a package of its own; root may add it, others are told.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cần Python 3.11 trở lên."; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; \
	  { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv .venv; } \
	  || { rm -rf .venv; echo "Thiếu venv của Python. Hãy cài: apt-get install python3-venv"; exit 1; }; }

.venv/run.done: .venv/bin/python requirements.txt
	@echo "Đang cài các thư viện…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/test.done: .venv/run.done tests/requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	@touch $@

run: .venv/run.done
	@exec $(BIN)/python -m portal.runtime

test: .venv/test.done
	@sh tests/support/install-tools.sh
	$(BIN)/python -m pytest -n 2

test-long: .venv/test.done
	@sh tests/support/install-tools.sh
	$(BIN)/python -m pytest -n 2 -m long

lint: .venv/test.done
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

fmt: .venv/test.done
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

screenshot: .venv/test.done
	UPDATE_SCREENSHOT=1 $(BIN)/python -m pytest -q -n 0 tests/journeys -k screenshot

docs: .venv/test.done
	$(BIN)/flask --app wsgi cases lifecycle docs/lifecycle.md

bench: .venv/test.done
	$(BIN)/python -m tests.bench

lock: .venv/bin/python
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml -o requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate
	$(BIN)/uv pip compile pyproject.toml --group test -c requirements.txt -o tests/requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate
