# Plain `make` prints what there is to type. Every target sets up what it needs.

# The Python that .venv is made with: the first of these that is 3.11 or newer, or the one you name.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
NAMED := $(if $(filter file,$(origin PYTHON)),,--named)
BIN := .venv/bin
RUN_DIR := .run
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --only-binary :all: --quiet
PACKAGES := common gateway asr_worker llm_worker tts_worker tools tests
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/pytest
IN_FORKS := $(PYTEST) -q -p tests.forks --forks
# Tests of whole calls in real time, which wait for most of it, and of speech, which compute: after the others, and not beside each other.
REAL := e2e or speech

# What runs here starts dozens of Pythons: each module is compiled once, not by every one of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run restart-workers restart-gateways call test check types layers quick-tests sim mutants timelines gateway-death chaos bench bench-turns soak setup setup-dev lock clean

help:  ## print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{ printf "make %-16s %s\n", $$1, $$2 }'

run: setup  ## answer calls: Redis, gateway and workers; Ctrl-C ends it
	@$(BIN)/python -m tools.run --run-dir $(RUN_DIR) --end-with-make

restart-workers: setup  ## replace all workers of a running Torim, one at a time; calls do not hear it
	@$(BIN)/python -m tools.restart workers --run-dir $(RUN_DIR)

restart-gateways: setup  ## the same with its gateways; calls go on at the next one
	@$(BIN)/python -m tools.restart gateways --run-dir $(RUN_DIR)

call: setup  ## place a call to a running Torim; ARGS="--help" tells what it takes
	@$(BIN)/python -m tools.call $(ARGS)

test: setup-dev  ## all tests, real speech and a short run of chaos included; ARGS= goes to pytest, which then runs once
	@$(if $(ARGS),$(PYTEST) $(ARGS),$(PYTEST) -n 2 --dist loadfile --cov --cov-config=pyproject.toml -m "not ($(REAL))"; \
		computed=$$?; $(IN_FORKS) 2 --durations 10 -m e2e; waited=$$?; \
		$(IN_FORKS) 2 --durations 10 -m "speech and not e2e" && exit $$((computed + waited)))

check: setup-dev  ## what must be green before a commit
	@$(BIN)/ruff format --check --quiet $(PACKAGES)
	@$(BIN)/ruff check --quiet $(PACKAGES)
	@$(MAKE) --no-print-directory --jobs 3 types layers quick-tests

types:
	@$(BIN)/mypy --no-error-summary $(PACKAGES)

layers:
	@$(BIN)/lint-imports --no-logo

quick-tests:
	@$(IN_FORKS) 4 -m "not ($(REAL) or long)"

sim: setup-dev  ## N=5000 random calls through the core from FROM=0 on, each judged, and a fifth as many through the shell; fails if anything was hit too seldom (see tests.sim --help)
	@$(BIN)/python -m tests.sim $(or $(FROM),0) $$(($(or $(FROM),0) + $(or $(N),5000))) --guards
	@$(BIN)/python -m tests.sim $(or $(FROM),0) $$(($(or $(FROM),0) + $(or $(N),5000) / 5)) --shell $(if $(N)$(FROM),,--least 100)

mutants: setup-dev  ## remove each guard of the core in turn: what notices? ARGS="--only holding" takes some
	@$(BIN)/python -m tests.mutants $(ARGS)

timelines: setup-dev  ## draw the pictures in docs/timelines
	@$(BIN)/python -m tests.sim.timelines docs/timelines

chaos: setup-dev  ## kill -9 of workers and gateways, stalls, cuts, restarts of Redis under live calls; KILLS=30 CALLERS=8 SEED=1 OUT=.run/chaos ARGS="--gateways 2 --cluster"
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.chaos --kills $(or $(KILLS),30) --callers $(or $(CALLERS),8) --seed $(or $(SEED),1) \
		--out $(or $(OUT),.run/chaos) $(ARGS)

bench: setup-dev  ## what calls cost and what their callers notice, beside a bare loop: 25 minutes; ARGS=--long, an hour
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.load $(ARGS)

bench-turns: setup-dev  ## how well it takes turns, by the rules of published benchmarks, beside docs/benchmarks/turns; ARGS=--write keeps the results, "--sweep pauses voices" measures the curves; the first time 380 MB and half an hour
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.turns $(ARGS)

soak: setup-dev  ## calls come and go for half an hour, or HOURS=3: does memory grow, is anything left behind? OUT=docs/benchmarks/soak keeps it
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.load.soak --minutes $(or $(MINUTES),30) $(if $(HOURS),--hours $(HOURS)) \
		--out $(or $(OUT),.run/soak) $(ARGS)

gateway-death: setup-dev  ## kill the gateway of ten calls, and measure how long their callers hear nothing: some minutes
	@$(BIN)/python -m tests.bench.gateway_death docs/gateway-death

setup:  ## make .venv from the lock (run and call do it themselves)
	@$(if $(PYTHON),,echo "setup: no Python 3.11 or newer found: apt-get install python3 python3-venv, or make PYTHON=/path/to/python" >&2; exit 1)
	@$(PYTHON) -m tools.setup $(NAMED)

setup-dev:  ## the same with what check and test need
	@$(if $(PYTHON),,echo "setup: no Python 3.11 or newer found: apt-get install python3 python3-venv, or make PYTHON=/path/to/python" >&2; exit 1)
	@$(PYTHON) -m tools.setup --dev $(NAMED)

lock: setup-dev  ## resolve the dependencies of pyproject.toml anew
	@$(LOCK) pyproject.toml --upgrade --output-file requirements.lock
	@$(LOCK) pyproject.toml --upgrade --group dev --extra espeak --constraint requirements.lock --output-file requirements-dev.lock

clean:  ## remove .venv, .run and what tools left behind; models stay in their cache
	@rm -rf .venv .run .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
