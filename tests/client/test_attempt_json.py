"""An attempt becomes words and comes back; anything else is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Attempt, InvalidMessage
from smsbridge.client.attempt_json import attempt_of, attempt_words

ATTEMPT = Attempt(
    backend="acme",
    protocol="rest",
    reference="r-1",
    started=datetime(2027, 1, 31, 9, 30, tzinfo=UTC),
    fingerprint="f1",
)


@pytest.mark.parametrize("attempt", [ATTEMPT, replace(ATTEMPT, via="second", fingerprint="")])
def test_an_attempt_comes_back_from_its_words(attempt: Attempt) -> None:
    more = {"outcome": "unknown", **attempt_words(attempt)}
    assert attempt_of(json.loads(json.dumps(more))) == attempt


def test_the_part_is_named_only_where_there_is_one() -> None:
    assert "via" not in attempt_words(ATTEMPT)
    assert attempt_words(replace(ATTEMPT, via="second"))["via"] == "second"


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"started": "soon"},
        {"started": "2027-01-31T09:30:00"},
        {"started": None},
        {"started": "2027-01-31T09:30:00+00:00"},
        {"started": "2027-01-31T09:30:00+00:00", "backend": "a", "reference": 7},
        {"started": "2027-01-31T09:30:00+00:00", "backend": None},
    ],
)
def test_what_is_no_attempt_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match="smsbridge send --json"):
        attempt_of(line)
