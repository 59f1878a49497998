"""What a config needs that is not installed."""

from __future__ import annotations

import sys

import pytest

from smsbridge import Limit, Retry
from smsbridge.backends.console import Console
from smsbridge.cli.doctor.extras import find_missing_extras

NEEDING = Console(default_region="GB", limit=Limit(per_second=5))


def test_each_extra_that_a_key_needs_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for library in ("phonenumbers", "pyrate_limiter"):
        monkeypatch.setitem(sys.modules, library, None)
    assert [(one.name, one.said, one.todo) for one in find_missing_extras(NEEDING)] == [
        (
            "extra",
            "default_region needs the extra 'phone', which is not installed",
            "from a checkout of smsbridge: pip install '.[phone]'",
        ),
        (
            "extra",
            "limit.per_second needs the extra 'limit', which is not installed",
            "from a checkout of smsbridge: pip install '.[limit]'",
        ),
    ]
    needs_none = Console(limit=Limit(in_flight=5), retry=Retry())
    assert list(find_missing_extras(needs_none)) == []


def test_an_extra_that_is_installed_is_not_named() -> None:
    assert list(find_missing_extras(NEEDING)) == []
