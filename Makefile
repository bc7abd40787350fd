# One vocabulary for a person, a hook and CI.  `make help` lists the words.
SHELL := /bin/sh
PYTHON ?= $(shell for v in python3 python3.13 python3.12 python3.11; do \
	"$$v" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo "$$v" && break; done || true)
ifeq ($(strip $(PYTHON)),)
PYTHON := python3
endif
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 3000
SERVE ?= 1
MINUTES ?= 30
export PYTHONDONTWRITEBYTECODE ?=
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True
export MLFLOW_ALLOW_PICKLE_DESERIALIZATION := false

.DEFAULT_GOAL := help
BENCHES := histories client ingest scale explain segments needs retrain demand daily demand-scale flow why log serving audit
.PHONY: help doctor setup setup-dev demo demo-real audit mlflow pages test check prove $(addprefix bench-,$(BENCHES)) format lint types imports serve bento offline soak clean

help: ## list the words
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

doctor: ## name what this machine lacks
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "luotain: python3 is missing: install Python 3.11 to 3.13." >&2; exit 1; }
	@$(PYTHON) configs/doctor.py

$(VENV)/.base: requirements.lock
	@$(MAKE) --no-print-directory doctor
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock names (some minutes, 1.4 GB) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.base
	@echo "Installing what requirements-dev.lock names ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.base ## make .venv with what the demo and the service need

setup-dev: $(VENV)/.dev ## make .venv with the tests' tools too

demo: setup ## simulated county, end to end, then serve (SERVE=0 stops before)
	@test "$(SERVE)" = 0 || $(PYTHON) configs/doctor.py $(PORT)
	@$(PY) -m training.tracking --config configs/segmentation.yaml > /dev/null 2>&1 &
	@$(PY) -m features.simulator --config configs/county/demo.yaml
	@code=0; $(PY) -m training.retrain --config configs/retrain.yaml || code=$$?; \
	test $$code = 0 || test $$code = 5 || test $$code = 10 || exit $$code; \
	test $$code != 5 || echo "A model was refused by its gates (the reasons are above); the others are live."; \
	test $$code != 10 || echo "The monitoring has an alarm (above, and in monitor.html); all models are live."
	@test "$(SERVE)" = 0 || $(PY) -m serving.serve --config configs/serving.yaml --port $(PORT)

serve: setup ## serve what the last demo promoted
	@$(PY) -m serving.serve --config configs/serving.yaml --port $(PORT)

demo-real: setup ## the same road on real input (LUOTAIN_DATA, default ../shared/data)
	@code=0; $(PY) -m training.retrain --config configs/real/retrain.yaml || code=$$?; \
	test $$code = 0 || test $$code = 5 || test $$code = 10 || exit $$code; \
	test $$code != 5 || echo "A model was refused (the reasons are above); the answer below is by the version that is live."; \
	test $$code != 10 || echo "The monitoring has an alarm (above, and in monitor.html)."; \
	echo; $(PY) -m serving.ask --config configs/real/serving.yaml --task hospital_ward_90d && { test $$code != 5 || exit 5; }

audit: setup ## the audit report of every live model in full (HTML, JSON, PDF, model card), and the reports that it reads
	@$(PY) -m evaluation.fairness --config configs/fairness.yaml
	@code=0; $(PY) -m evaluation.monitor --config configs/monitor.yaml || code=$$?; \
	test $$code = 0 || test $$code = 10 || exit $$code
	@$(PY) -m serving.oversight.facts --config configs/serving.yaml
	@$(PY) -m training.seeds --config configs/seeds.yaml
	@$(PY) -m evaluation.audit --config configs/audit.yaml

mlflow: setup ## open MLflow's own page on loopback
	@$(PY) -m training.tracking --config configs/segmentation.yaml --open

pages: setup-dev ## write the screenshots of docs/images
	@$(PY) -m tests.screenshots

format: setup-dev ## put the code in shape
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lint: setup-dev
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .

types: setup-dev
	@$(VENV)/bin/mypy

imports: setup-dev
	@$(VENV)/bin/lint-imports --config pyproject.toml

test: setup-dev ## every test
	@$(PY) -m pytest -n 2 --dist loadgroup

check: lint types imports test ## format, lint, types, import rules, tests: what CI runs

prove: setup-dev ## every repeated test with its full count (hours; goes on where it stopped), writes docs/proofs.json
	@$(PY) -m tests.prove

bench-histories: setup-dev ## the kernel beside its peers, 20,000 and 200,000 clients (about 2 min)
	@$(PY) -m tests.bench.histories

bench-client: setup-dev ## one client at request time: read and kernel
	@$(PY) -m tests.bench.one_client

bench-scale: setup-dev ## cost per million events, and what a country needs
	@$(PY) -m tests.bench.scale

bench-ingest: setup-dev ## CSV rows per second and memory of the whole ingest
	@$(PY) -m tests.bench.ingest

bench-explain: setup-dev ## explaining 60,000 clients at once, beside shap.TreeExplainer and others (about 10 min)
	@$(PY) -m tests.bench.explain

bench-segments: setup-dev ## segmentation against the truth of ten simulated counties of 100,000 residents (about an hour)
	@$(PY) -m tests.bench.segments

bench-needs: setup-dev ## need tasks against what is achievable, and the hospital log (about 15 min)
	@$(PY) -m tests.bench.needs

bench-retrain: setup-dev ## retraining of everything on 200,000 clients x 12 dates: time and memory (about 30 min)
	@$(PY) -m tests.bench.retrain_scale

bench-demand: setup-dev ## forecasts on the published Hospital and A&E benchmarks, opponents in the same run (about 15 min)
	@$(PY) -m tests.bench.demand

bench-daily: setup-dev ## daily home care against its conditional mean, 30 histories, every level (about 15 min)
	@$(PY) -m tests.bench.daily

bench-demand-scale: setup-dev ## 10,000 daily series x 3 years, 84 days ahead with intervals: time and memory (about 10 min)
	@$(PY) -m tests.bench.demand_scale

bench-flow: setup-dev ## bottlenecks and flow forecast on 200 simulated chains of known truth, and the hospital log (about 10 min)
	@$(PY) -m tests.bench.flow

bench-why: setup-dev ## what drivers, explanations and borrowed forecasts are worth (about 5 min)
	@$(PY) -m tests.bench.why

bench-log: setup-dev ## a log of a million entries verified, and commits per second, both databases (about 10 min)
	@$(PY) -m tests.bench.log

bench-serving: setup-dev ## the service under 60 and 100 planned requests per second, beside an empty endpoint (about 5 min)
	@$(PY) -m tests.bench.serving

bench-audit: setup-dev ## the audit report of a model on 200,000 clients: time and processor time (about 5 min)
	@$(PY) -m tests.bench.audit

bento: setup-dev ## build the Bento, serve it from another folder over a copy of the demo's data, ask it (about 2 min)
	@$(PY) -m tests.operations.bento

offline: setup-dev ## install from a folder of wheels with the network cut off and ask the service there (about 5 min)
	@$(PY) -m tests.operations.wheels

soak: setup-dev ## the service under steady load for 30 minutes: errors, memory, restart, model swaps (MINUTES=30)
	@$(PY) -m tests.bench.soak --minutes $(MINUTES)

clean: ## remove what the commands made, not the environment
	@rm -rf var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
