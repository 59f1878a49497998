"""What the tests of the page in a browser share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.browser import started_browser
from support.fault_server import FaultServer, answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started_browser() as browser:
        yield browser


@pytest.fixture
def application() -> Iterator[FaultServer]:
    """Return an application that takes webhooks."""
    with FaultServer([answer(200, connection="close")]) as server:
        yield server
