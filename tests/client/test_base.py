"""What both clients share: where the backend comes from."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError

from support.asking import Make, Wire


def test_a_client_takes_a_backend_and_no_name(make: Make) -> None:
    with pytest.raises(ConfigError, match="give a Backend; to name a block, use"):
        make("production", Wire())  # type: ignore[arg-type]  # the fault
