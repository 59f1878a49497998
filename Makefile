# make demo and make test set everything up by themselves: Python 3.11 or newer is all they need.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

FLOORS = build/floors
# What meets the libraries that we import: transports, codecs, auth, both clients, the mock, a command.
FLOOR_TESTS = tests/http tests/auth tests/client/test_sync.py tests/client/test_aio.py \
	tests/codecs/test_rest.py tests/codecs/soap/test_codec.py tests/backends/test_limits.py \
	tests/text/test_phone.py tests/testing/faults tests/testing/mock/test_server.py \
	tests/testing/mock/test_fuzz.py tests/cli/test_send.py

.PHONY: demo test test-full floors lint docs wheel format clean

demo: $(VENV)/demo-ready
	$(BIN)/smsbridge demo

test: $(VENV)/test-ready lint docs
	$(BIN)/pytest --numprocesses auto --dist loadfile --cov --cov-report=term:skip-covered

test-full: test
	$(BIN)/pytest tests/proxies

# The lowest versions that pyproject.toml allows, of what we depend on ourselves.
floors:
	rm -rf $(FLOORS)
	$(PYTHON) -m venv $(FLOORS)
	$(FLOORS)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(FLOORS)/bin/uv pip install --quiet --no-python-downloads --python $(FLOORS)/bin/python --resolution lowest-direct --editable '.[all]'
	$(FLOORS)/bin/uv pip install --quiet --no-python-downloads --python $(FLOORS)/bin/python pytest pytest-timeout hypothesis trustme ./tests/acme
	$(FLOORS)/bin/pytest -q -p no:cacheprovider $(FLOOR_TESTS)

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
