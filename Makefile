# make mnist   trains both sides on the embedded digits and shows what agrees
# make test    lint, types, doctests and properties
# make docs    the docstrings as pages, in docs/api
# Each makes .venv first where it is missing, and install what pyproject.toml names.

PYTHON ?= python3
BIN := .venv/bin
PROFILE ?= ci
FILES = $(subst /,.,$(basename $(shell find minigrad -name '*.py' ! -name '__*')))
ONCE = -W 'ignore:The module specification'  # pdoc warns of a file that it has found by itself too

.PHONY: mnist test lint docs clean

mnist: .venv/ready
	$(BIN)/python -m comparisons mnist

test: lint
	$(BIN)/python -m pytest --hypothesis-profile=$(PROFILE)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: .venv/ready
	@$(BIN)/python $(ONCE) -m pdoc --template-directory docs/template --output-directory docs/api minigrad $(FILES)
	@echo "open docs/api/index.html in a browser"

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minigrad needs Python 3.11 or later")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[compare,dev]'
	touch .venv/ready

clean:
	rm -rf .venv docs/api .hypothesis .pytest_cache .mypy_cache .ruff_cache
