# Every target sets up what it needs; CI runs the same targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2

.PHONY: drill serve test kernels lint bench setup lock clean

$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (a minute or two on a fresh machine)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

setup: $(READY)

drill: $(READY)
	@$(BIN)/rongan drill --out out/drill

serve: $(READY)
	@$(BIN)/rongan serve

test: $(READY)
	@$(MAKE) --no-print-directory -j 2 lint kernels
	$(BIN)/python -m pytest -n $(WORKERS)

kernels: $(READY)
	@echo "Compiling kernels (two minutes on a fresh machine)"
	@$(BIN)/python -m tests.kernels >/dev/null

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.run $(BENCH)

lock: $(READY)
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --extra dev --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) out
