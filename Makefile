# What people type: `make run` and `make test`. Needs python3 (3.11 to 3.13) and make, nothing else.

SHELL := /bin/sh
PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input -q
APT_INSTALL := DEBIAN_FRONTEND=noninteractive apt-get install -y -qq
# Three processes on two cores: browser tests mostly wait. In order, so that the long files come first.
PYTEST_FLAGS ?= -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: run test quick long steady check lock bench build built clean runtime development browser

run: runtime
	@exec $(PYTHON) -m courseflow_admin run --stop-with-parent

# TEST_MONGODB_URI=mongodb://... make test: on a replica set of yours instead of our own mongod.
# `make test T=tests/services/money` runs that file, folder or test alone.
ifdef T
test: development browser
	@$(PYTHON) -m pytest $(T)
else
test: development browser
	@$(MAKE) --no-print-directory -j 2 check built
	@$(PYTHON) -m pytest $(PYTEST_FLAGS)
endif

# The checks, and the tests of the rooms that were changed.
quick: check
	@$(PYTHON) -m pytest -n 2 --dist loadfile $$($(PYTHON) -m tests.changed)

# `make steady N=10 T=tests/browser`: so many runs of the tests in a row, until one fails.
N ?= 10
steady: development browser built
	@$(PYTHON) -m tests.steady $(N) $(PYTEST_FLAGS) $(T)

# The proofs that take their time, in their long form.
long: development browser built
	@COURSEFLOW_LONG=1 $(PYTHON) -m pytest -m long

check: development
	@$(PYTHON) -m ruff format --check -q .
	@$(PYTHON) -m ruff check -q .
	@.venv/bin/basedpyright
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

build: runtime built

built:
	@$(PYTHON) -m courseflow_admin build

bench: development build
	@$(PYTHON) bench/start.py --cold
	@PYTHONPATH=. $(PYTHON) bench/lists.py
	@PYTHONPATH=. $(PYTHON) bench/sign_in.py
	@PYTHONPATH=. $(PYTHON) bench/jobs.py

clean:
	rm -rf .venv .build .web .states .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# The virtual environment, made once; installed again when the lock has changed. Nothing is compiled
# ahead (13 s): Python compiles what is used when it is first used.

.venv/bin/pip:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	    2>/dev/null; then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'CourseFlow needs Python 3.11, 3.12 or 3.13: apt-get install python3' >&2; exit 1; \
	fi; \
	if ! $$python -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo 'Python lacks its venv module: apt-get install python3-venv' >&2; exit 1; \
	fi; \
	rm -rf .venv && $$python -m venv .venv

runtime: .venv/bin/pip
	@want=$$(cksum < requirements-local.lock); \
	if [ "$$(cat .venv/runtime.stamp 2>/dev/null)" != "$$want" ]; then \
	  echo 'Installing what CourseFlow runs on (about a minute, once)'; \
	  $(PIP) install --no-compile --require-hashes -r requirements-local.lock && \
	  echo "$$want" > .venv/runtime.stamp; \
	fi

development: .venv/bin/pip
	@want=$$(cksum < requirements-dev.lock); \
	if [ "$$(cat .venv/development.stamp 2>/dev/null)" != "$$want" ]; then \
	  echo 'Installing what CourseFlow and its tests run on (about a minute, once)'; \
	  $(PIP) install --no-compile --require-hashes -r requirements-dev.lock && \
	  cksum < requirements-local.lock > .venv/runtime.stamp && \
	  echo "$$want" > .venv/development.stamp; \
	fi

browser: development
	@if ! $(PYTHON) -m tests.chromium; then \
	  echo 'Installing Chromium for the browser tests'; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    { $(APT_INSTALL) chromium-headless-shell || $(APT_INSTALL) chromium; } >/dev/null; } || \
	  $(PYTHON) -m playwright install chromium || \
	  { echo 'The tests need Chromium, and it could not be installed: install the package' \
	    'chromium of your system.' >&2; exit 1; }; \
	fi

# Locks name versions and hashes, and no index: where packages come from is the machine's affair.

lock:
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	python3 -m venv "$$folder" && "$$folder/bin/pip" install -q uv && \
	for name in requirements requirements-local requirements-dev; do \
	  "$$folder/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-strip-extras --no-header --no-annotate $$name.in -o $$name.lock || exit 1; \
	done
