# make help lists the targets. Everything runs in the project's own environment, .venv.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help book pdf test test-all check serve site study bench reference clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

book: $(READY)  ## validate the evidence, run what changed, build the site, say where to open it
	@$(BIN)/lsr build

pdf: book  ## a summary of one page a comparison and the whole book as PDF, in _build/pdf (needs chromium)
	@$(BIN)/lsr pdf

test: $(READY)  ## every test: unit, property, reference, book, browser, and every notebook against a fresh run
	@echo "running every test (unit, property, reference, book, browser, notebooks) ..."
	@$(BIN)/pytest -q -n auto --dist loadfile --nbval tests book

test-all: $(READY)  ## the same, and the accessibility of every page (many minutes)
	@$(BIN)/pytest -q -n auto --dist loadfile --nbval -m "" tests book

check: $(READY)  ## quick: evidence and code style
	@$(BIN)/lsr validate
	@$(BIN)/ruff check analysis_lib tests benchmarks
	@$(BIN)/ruff format --check analysis_lib tests benchmarks

serve: $(READY)  ## show the built site on this machine
	@$(BIN)/lsr serve

site: $(READY)  ## put together what is published: the newest edition, past ones under editions/
	@$(BIN)/lsr site assemble --from-releases

study: $(READY)  ## scaffold a record: make study ID=doe-2026
	@test -n "$(ID)" || { echo "which study? make study ID=doe-2026"; exit 2; }
	@$(BIN)/lsr study new $(ID)

bench: $(READY)  ## measure the methods against known truth (minutes); writes benchmarks/results
	@$(BIN)/python benchmarks/summaries.py --json benchmarks/results/summaries.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reconstruction.py --json benchmarks/results/reconstruction.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reconstruction.py --further 300 --imputations 20 \
	  --json benchmarks/results/reconstruction-coverage.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/two_stage.py --jobs 2 --json benchmarks/results/two_stage.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/between_studies.py --jobs 2 --json benchmarks/results/between_studies.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/summary_curve.py --json benchmarks/results/summary_curve.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/cox.py --json benchmarks/results/cox.json
	@$(BIN)/python benchmarks/duplicates.py --json benchmarks/results/duplicates.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/living.py --json benchmarks/results/living.json
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/digitising.py --json benchmarks/results/digitising.json

reference: $(READY)  ## regenerate the stored reference values (needs R; see tests/reference/README.md)
	@$(BIN)/python tests/reference/make_review_patients.py
	@for script in tests/reference/make_*.R; do echo "$$script" && Rscript $$script || exit 1; done

clean:  ## remove what the build made; the evidence and the environment stay
	@rm -rf _build

$(READY): requirements.txt pyproject.toml
	@echo "setting up the environment in $(VENV) (once, a few minutes) ..."
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
