"""Only the day in ``verified`` moves; every other byte stays."""

from __future__ import annotations

from datetime import date

import pytest

from smsbridge.testing.drift.accept import move_day
from smsbridge.testing.fixture.schema import BadFixture

from support.each import each

DAY = date(2026, 11, 29)
TEXT = """\
# verified: null
smsbridge-fixture: 1
id: "shop/verified"
title: 'verified: null'
provenance:
  source:   DOC
  evidence: "verified: null"   # as said
  verified: HERE    # live
  date: "2026-11-22"
interactions: []
"""


@each(
    ("before", "after"),
    [
        ("null", '"2026-11-29"'),
        ('"2026-11-23"', '"2026-11-29"'),
        ("'2026-11-23'", "'2026-11-29'"),
        ("2026-11-23", "2026-11-29"),
    ],
)
def test_the_day_moves_in_the_quotes_that_it_has(before: str, after: str) -> None:
    for text in (TEXT, TEXT.replace("\n", "\r\n")):
        moved = move_day(text.replace("HERE", before), "x", DAY)
        assert moved == text.replace("HERE", after)


def test_a_file_without_verified_is_refused_with_its_line() -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if "HERE" not in line)
    with pytest.raises(BadFixture, match="give verified: null") as caught:
        move_day(text, "x", DAY)
    assert caught.value.line == 6
