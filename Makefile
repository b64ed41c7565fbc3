# Two commands on a fresh machine: `make demo` and `make test`. Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help dev demo test check-long coverage mutants faults golden lint format lock bench shots clean

help: ## show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

dev: $(VENV)/.ready ## make the .venv with everything needed to run, test and build

$(VENV)/.ready: requirements.lock pyproject.toml $(wildcard src/relto/core/decision/table/*.c)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "relto needs Python 3.11 or newer; try `make dev PYTHON=python3.12`")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src/relto
	@touch $@

demo: dev ## run the 2019 record through three nodes (ARGS=--exit ends after printing)
	@$(BIN)/relto demo $(ARGS)

test: dev lint ## lint, types, import contracts and tests
	$(BIN)/python -m compileall -q src/relto tests # once: tests start hundreds of processes
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

golden: dev ## write tests/golden anew; read the difference before you commit it
	$(BIN)/relto table show --dossier src/relto/dossiers/northeast-asia > tests/golden/northeast-asia.verdicts.txt

lint: dev ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: dev ## put the code into its one shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: dev ## pin every dependency by hash, for every platform, naming no host
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --group dev --group bench -c requirements.lock pyproject.toml -o requirements-bench.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --group dev --group mutants -c requirements.lock pyproject.toml -o requirements-mutants.lock

check-long: $(VENV)/.bench ## table against reference on ten million random requests (ARGS=N), a partition of 100,000, 10,000 changes by an insider, a million leaves given to Go, 100 backups restored
	$(BIN)/python -m tests.long $(ARGS)
	$(BIN)/python -m tests.partition
	$(BIN)/python -m tests.insider
	$(BIN)/python -m tests.independent
	RESTORES=100 $(BIN)/python -m pytest -q -n 2 tests/test_recovery.py -k under_traffic

LAW := tests/test_analysis.py tests/test_bad_files.py tests/test_bad_input.py tests/test_cli.py tests/test_cli_diff.py \
	tests/test_clock.py tests/test_decision*.py tests/test_difference*.py tests/test_golden.py tests/test_node_agree.py \
	tests/test_controls*.py tests/test_custody.py tests/test_impact.py tests/test_joint.py tests/test_ledger*.py \
	tests/test_mldsa.py tests/test_register*.py tests/test_tiles.py tests/test_witness.py \
	tests/test_proof.py tests/test_proof_cases.py tests/test_proof_confirmed.py tests/test_property_terms.py \
	tests/test_record.py tests/test_standing_*.py tests/test_survey*.py tests/test_table.py tests/test_table_attacked.py \
	tests/test_table_cases.py tests/test_table_cli.py tests/test_table_columns.py tests/test_table_in_c.py \
	tests/test_table_masks.py tests/test_table_renewed.py tests/test_timeline.py tests/test_variants.py tests/test_worlds.py \
	"tests/test_table_worlds.py::test_random_requests_over_random_dossiers[0]"

faults: dev ## kill -9 at every step, power cuts, repetition, clocks askew; one JSON line each (ARGS="kills --seed 2")
	$(BIN)/python -m tests.faults $(ARGS)

coverage: dev ## branch coverage of core/agreement, decision, ledger, merkle and register; fails below 100 %
	$(BIN)/python -m coverage run -m pytest -p no:xdist $(LAW)
	$(BIN)/python -m coverage report

$(VENV)/.bench: requirements-bench.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/.bench ## measure, beside peers and limits; one JSON line a figure
	$(BIN)/python -m bench $(ARGS)

shots: dev ## pictures of every page of the desk into shots/, to look at (needs Debian's chromium)
	$(BIN)/python -m tests.shots $(ARGS)

$(VENV)/.mutants: requirements-mutants.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.lock
	@touch $@

mutants: $(VENV)/.mutants ## mutation score of the law and of decisions (ARGS="agreement --share 0.1": a sample of one)
	$(BIN)/python -m bench.mutants $(ARGS)

clean: ## remove what was made
	rm -rf $(VENV) build dist mutants .coverage .mypy_cache .ruff_cache .hypothesis .pytest_cache
