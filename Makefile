PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONUNBUFFERED = 1
# Empty, which is unset to Python: without its caches each of some fifty processes compiles anew.
export PYTHONDONTWRITEBYTECODE =

KILLS ?= 10000
PAUSES ?= 3000
DELIVERIES ?= 50000
CRASHES ?= 200
SECONDS ?= 330
SEED ?= 1
BENCH ?= one_occasion
# A longer proof that runs beside the tests, as in `.ci/run`: prove-machine.
BESIDE ?=

LANES = test-browser test-installation test-attacks test-product test-style test-faces \
	test-use-cases

.PHONY: run demo test $(LANES) prove prove-machine prove-attacks prove-storm \
	storm bench lock audit sbom check clean

run: $(VENV)/.installed  ## Start everything on loopback and deliver the example package dispatch
	@$(BIN)/utskick up

demo: $(VENV)/.installed  ## The same on free ports in a temporary folder; ends with a table
	@$(BIN)/utskick demo $(if $(DEMO_DIR),--folder "$(DEMO_DIR)")

test: $(VENV)/.installed-dev  ## Lint, types, layers and every test but the long proofs
	@bash .ci/debian-packages postgresql chromium-headless-shell nginx
ifdef PYTEST
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest $(PYTEST)
else
	@mkdir -p build
	@$(MAKE) --no-print-directory -j$(words $(BESIDE) 1 2 3 4 5) --keep-going $(BESIDE) $(LANES)
endif

prove: $(VENV)/.installed-dev  ## The long proofs, and that benchmarks measure
	@bash .ci/debian-packages postgresql
	@mkdir -p build
	@$(MAKE) --no-print-directory -j3 --keep-going prove-machine prove-attacks prove-storm

# Lanes run beside each other, as most of them wait now and then: for a lease, for settling, for a
# browser. Those that wait the most begin first, and have the processor first: what only reckons
# makes way for them. All but one are shown when they have ended, so that it can be read while it
# runs.
QUICKLY = $(BIN)/pytest -m "not proof"
MAKING_WAY = nice -n 10
PROOFS = $(BIN)/pytest -m proof
MACHINE = tests/chaos/test_state_machine.py
FACES = web command local_1177
USE_CASES = store use_cases
ELSEWHERE = chaos whole browser $(FACES) $(USE_CASES)
AFTERWARDS = > build/$@.log 2>&1; status=$$?; cat build/$@.log; exit $$status

test-style:
	@$(MAKING_WAY) $(MAKE) --no-print-directory check $(AFTERWARDS)
test-product:
	@$(MAKING_WAY) $(QUICKLY) $(ELSEWHERE:%=--ignore=tests/%)
test-faces:
	@$(MAKING_WAY) $(QUICKLY) $(FACES:%=tests/%) $(AFTERWARDS)
test-use-cases:
	@$(MAKING_WAY) $(QUICKLY) $(USE_CASES:%=tests/%) $(AFTERWARDS)
test-browser:
	@$(QUICKLY) tests/browser $(AFTERWARDS)
test-installation:
	@$(QUICKLY) $(if $(BESIDE),,$(MACHINE)) tests/whole $(AFTERWARDS)
test-attacks:
	@$(QUICKLY) tests/chaos --ignore=$(MACHINE) $(AFTERWARDS)

prove-machine: export CHAOS_EXAMPLES ?= 500
prove-machine:
	@$(MAKING_WAY) $(BIN)/pytest $(MACHINE) $(if $(BESIDE),$(AFTERWARDS))
prove-attacks:
	@$(PROOFS) --ignore=tests/chaos/storm --ignore=tests/benchmarks $(AFTERWARDS)
prove-storm:
	@$(PROOFS) tests/chaos/storm tests/benchmarks $(AFTERWARDS)

storm: $(VENV)/.installed-dev  ## The release's storm, in pieces; goes on where it was ended
	@$(BIN)/python -m tests.chaos.storm --kept var/storm.jsonl --kills $(KILLS) --pauses $(PAUSES) \
		--deliveries $(DELIVERIES) --crashes $(CRASHES) --seconds $(SECONDS) --seed $(SEED)

bench: $(VENV)/.installed-bench  ## Measure: BENCH="NAME OPTIONS", as `python -m benchmarks` lists them
	@bash .ci/debian-packages postgresql redis-server
	@$(BIN)/python -m benchmarks $(BENCH)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Each lock holds every package with its hashes, so nothing is resolved at installation.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

$(VENV)/bin/python:
	@bash .ci/virtual-environment $(PYTHON) $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing from the lock …"
	@$(INSTALL) --require-hashes -r requirements.lock
	@rm -rf utskick.egg-info  # an older one would hide the entry points
	@$(INSTALL) --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib || true
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing the tools for tests …"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev requirements-bench.lock
	@echo "Installing what we are measured beside …"
	@$(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

LOCK = echo 'setuptools>=77' | uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -

lock:  ## Renew the locks within pyproject.toml's ranges (needs uv)
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --extra bench -c requirements-dev.lock -o requirements-bench.lock

audit: $(VENV)/.installed-dev  ## Known vulnerabilities of what is locked; says where they cannot be asked for
	@$(BIN)/python .ci/audit.py

sbom: $(VENV)/.installed-dev  ## A bill of materials with licences: build/sbom.cdx.json (CycloneDX 1.6)
	@$(BIN)/python .ci/sbom.py build/sbom.cdx.json

clean:
	rm -rf $(VENV) var build *.egg-info
