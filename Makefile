# make demo and make test set everything up by themselves: Python 3.11 or newer is all they need.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-full lint docs wheel format clean

demo: $(VENV)/demo-ready
	$(BIN)/smsbridge demo

test: $(VENV)/test-ready lint docs
	$(BIN)/pytest --numprocesses auto --dist loadfile --cov --cov-report=term:skip-covered

test-full: test
	$(BIN)/pytest tests/proxies

lint: $(VENV)/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/test-ready
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

wheel: $(VENV)/test-ready
	rm -rf build/lib build/bdist.*
	$(BIN)/python -m build --wheel --outdir dist .

format: $(VENV)/test-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info tests/acme/build tests/acme/*.egg-info .hypothesis .coverage .pytest_cache .mypy_cache .ruff_cache

$(VENV)/demo-ready: pyproject.toml setup.cfg
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	touch $@

$(VENV)/test-ready: $(VENV)/demo-ready tests/acme/pyproject.toml $(wildcard tests/acme/acme_sms/*)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' ./tests/acme
	touch $@
