# make demo and make test set everything up by themselves: Python 3.11 or newer is all they need.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
SUITE = $(BIN)/pytest --numprocesses auto --dist worksteal

# Modules are compiled once, and not again by each command that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo bench pictures witnesses test test-full pythons floors lint ruff mypy spelling news docs wheel format clean

demo: $(VENV)/demo-ready
	$(BIN)/smsbridge demo

# Lint and docs side by side, on two cores; the tests take both.
test: $(VENV)/test-ready
	$(MAKE) --no-print-directory --jobs 2 lint docs
	$(SUITE)

# What takes longer: every test, with coverage; real proxies; the lowest versions.
test-full: $(VENV)/test-ready witnesses
	$(SUITE) -m "full or not full" --cov --cov-report=term:skip-covered
	$(BIN)/pytest tests/proxies
	$(MAKE) --no-print-directory floors

# What the clients that others wrote need, in an environment of their own.
witnesses: build/witnesses/ready

# On each Python from 3.11 to 3.14 that is installed.
pythons: $(VENV)/test-ready
	$(BIN)/nox --session tests

# With the lowest versions that pyproject.toml allows, of what we depend on ourselves.
floors: $(VENV)/test-ready
	$(BIN)/nox --session floors

# What smsbridge takes, and what others take; nginx is the provider. NAMES chooses, else all of it.
NAMES ?= all
bench: $(VENV)/bench-ready
	$(BIN)/python -m benchmarks $(NAMES) --json build/benchmarks/results.json --svg build/benchmarks/results.svg

# The pictures of the page, as the docs show them. They look best with fonts-noto-color-emoji.
pictures: $(VENV)/test-ready
	PICTURES=docs/_static $(BIN)/pytest --numprocesses 0 -m full tests/page/test_story.py

lint: mypy ruff spelling news

mypy: $(VENV)/test-ready
	$(BIN)/mypy

ruff: $(VENV)/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

spelling: $(VENV)/test-ready
	$(BIN)/codespell

# The fragments of changelog.d make a changelog.
news: $(VENV)/test-ready
	@said=$$($(BIN)/towncrier build --draft 2>&1) || { echo "$$said"; exit 1; }

docs: $(VENV)/test-ready
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

wheel: $(VENV)/test-ready
	rm -rf build/lib build/bdist.*
	$(BIN)/python -m build --wheel --outdir dist .

format: $(VENV)/test-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info examples/acme-sms/build examples/acme-sms/*.egg-info .hypothesis .coverage .pytest_cache .mypy_cache .ruff_cache

$(VENV)/demo-ready: pyproject.toml setup.cfg setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[all]'
	touch $@

$(VENV)/bench-ready: pyproject.toml setup.cfg setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'pip>=25.1'
	$(PIP) --group bench --editable '.[all]'
	touch $@

build/witnesses/ready: pyproject.toml tests/witnesses/package.json tests/witnesses/package-lock.json
	test -x build/witnesses/bin/python || $(PYTHON) -m venv build/witnesses
	PYTHONWARNINGS=ignore build/witnesses/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	PYTHONWARNINGS=ignore build/witnesses/bin/python -m pip install --quiet --disable-pip-version-check --group witnesses
	PYTHONWARNINGS=ignore build/witnesses/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --group witnesses-alone
	mkdir -p build/witnesses/node
	cp tests/witnesses/package.json tests/witnesses/package-lock.json build/witnesses/node
	if ! command -v npm > /dev/null; then echo "npm is missing: its witnesses will be"; \
	else cd build/witnesses/node && npm ci --ignore-scripts --no-audit --no-fund --silent && touch ../ready; fi

# A pip that knows dependency groups comes first.
$(VENV)/test-ready: pyproject.toml setup.cfg setup.py examples/acme-sms/pyproject.toml $(shell find examples/acme-sms/acme_sms -name '*.py' -o -name '*.yaml' -o -name '*.wsdl')
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'pip>=25.1'
	$(PIP) --group dev --editable '.[all]' ./examples/acme-sms
	touch $(VENV)/demo-ready $@
