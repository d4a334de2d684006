# make demo: watch the main job run. make test: prove it. make help: everything else.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
WORKERS ?= 2
# COVERAGE=1 measures branch coverage of the run, child processes included.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
FAIL_UNDER ?= 85

.DEFAULT_GOAL := help
.PHONY: help install format lint typecheck test test-frameworks test-versions check environments packaging requirements demo soak benchmark benchmark-peers simulations mutations test-platforms collector jaeger prometheus clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.dev  ## set up the development environment in .venv

format: $(VENV)/.dev  ## format the code and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev  ## check style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

typecheck: $(VENV)/.dev  ## check types with mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

test: $(VENV)/.dev  ## run the default tests (under 5 minutes on two cores)
ifdef COVERAGE
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=$(FAIL_UNDER)
else
	$(PYTEST)
endif

test-frameworks: $(VENV)/.dev  ## run the tests of more framework versions, peers and servers
	$(PYTEST) -m frameworks
	@test "$(RESULTS)" = no || PYTHONPATH=tests $(BIN)/python -m support.framework_results

test-platforms: $(VENV)/.dev  ## start Phoenix and MLflow, and bring their feedback in (docs/results/platforms.md)
	PYTHONPATH=tests $(BIN)/python -m support.cached_environments build phoenix mlflow
	PLATFORM_RESULTS=docs/results/platforms.md $(BIN)/python -m pytest -m platforms tests/platforms

packaging: $(VENV)/.dev  ## build the wheel and sdist and install them in fresh environments
	$(PYTEST) -m packaging tests/packaging

requirements: $(VENV)/.dev  ## count the promised behaviours: shown by a test, or planned
	$(BIN)/python tests/requirements_report.py

check: lint typecheck  ## everything a change must pass
	$(MAKE) test COVERAGE=1
	$(MAKE) packaging
	$(MAKE) requirements

demo: $(VENV)/.demo  ## run a small agency of agents, recorded, and report on its tools
	$(BIN)/python examples/newsletter/demo.py

simulations: $(VENV)/.dev  ## check the statistics on data whose truth is known (docs/results)
	SIMULATION_RESULTS=docs/results/simulations.md PLANTED_RESULTS=docs/results/planted-effect.md \
	COMPARISON_RESULTS=docs/results/comparison.md \
	  $(BIN)/python -m pytest -m slow tests/simulations

mutations: $(VENV)/.dev  ## take each exception handler out of the recorder: a test must notice (docs/results/mutations.md)
	MUTATION_RESULTS=docs/results/mutations.md $(PYTEST) -m slow tests/instrumentation/test_mutations.py

collector:  ## build the OpenTelemetry Collector that tests start (needs Go; cached outside the checkout)
	@deploy/collector/build

jaeger:  ## build the Jaeger that tests start (needs Go, minutes; cached outside the checkout)
	@deploy/jaeger/build

prometheus:  ## unpack Debian's Prometheus and promtool for tests (no root; cached outside the checkout)
	@deploy/prometheus/unpack

environments: $(VENV)/.dev  ## build the frameworks' environments that tests use (cached outside the checkout)
	@PYTHONPATH=tests $(BIN)/python -m support.cached_environments build $(NAMES)

soak: $(VENV)/.dev  ## write 2 000 spans/s for minutes: memory, drops, latency (SECONDS=150)
	$(BIN)/python -m benchmarks.soak --seconds $(or $(SECONDS),150)

benchmark: $(VENV)/.dev  ## measure speed as ratios against named baselines
	$(BIN)/python -m benchmarks

PEERS := openinference openllmetry langfuse logfire mlflow util-genai

benchmark-peers: $(VENV)/.dev  ## measure other libraries' decorators beside ours
	@PYTHONPATH=tests $(BIN)/python -m support.cached_environments build $(PEERS:%=peer-%)
	$(BIN)/python -m benchmarks.peers

test-versions: $(VENV)/.dev  ## run the recording tests on each Python here, with the oldest and newest OpenTelemetry
	@PYTHONPATH=tests $(BIN)/python -m support.versions

clean:  ## remove what the other targets made
	rm -rf .venv build dist site demo-data .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f .coverage .coverage.*
	find . -name __pycache__ -not -path './.git/*' -type d -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "toolspan needs Python 3.11 or newer as \`$(PYTHON)\`: apt-get install python3 (or make PYTHON=python3.12 ...)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing: apt-get install python3-venv"; exit 2; }
	@command -v git >/dev/null || { echo "git is missing: apt-get install git"; exit 2; }
	@echo "Setting up a virtual environment in $(VENV) (once; needs the network) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing toolspan and what the demo needs (once) ..."
	@$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing toolspan and the development tools (once) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.demo
