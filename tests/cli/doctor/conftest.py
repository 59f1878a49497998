"""What tests of the doctor ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.sockets import kept_port


@pytest.fixture
def closed() -> Iterator[int]:
    """Return a port at which nobody listens."""
    with kept_port() as port:
        yield port
