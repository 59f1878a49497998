"""Moves the day in ``verified`` of a fixture's file, and nothing else in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from smsbridge.testing.fixture.load import parse
from smsbridge.testing.fixture.schema import BadFixture
from smsbridge.testing.fixture.yaml_subset import find_scalar


def move_day(text: str, name: str, day: date) -> str:
    """Return the text of a fixture with another day in ``verified``: all else is the same.

    ``name`` is for errors. Raises `BadFixture` if the text has no ``verified``.

    >>> from datetime import date
    >>> from smsbridge.testing.drift.accept import move_day
    >>> text = '''
    ... smsbridge-fixture: 1
    ... id: acme/default
    ... title: It takes every message
    ... provenance: {source: DOC, evidence: "", date: "2026-11-22", verified: null}  # ours
    ... interactions: []
    ... '''
    >>> moved = move_day(text, "default.yaml", date(2026, 11, 29))
    >>> moved.splitlines()[4]
    'provenance: {source: DOC, evidence: "", date: "2026-11-22", verified: "2026-11-29"}  # ours'
    """
    before = parse(text, name)
    place = find_scalar(text, "provenance", "verified")
    if place is None:
        line = before.provenance.line
        raise BadFixture.at(name, line, "provenance: give verified: null, then it can be moved")
    quote = place.quote or ('"' if before.provenance.verified is None else "")
    moved = f"{text[: place.start]}{quote}{day.isoformat()}{quote}{text[place.end :]}"
    if parse(moved, name) != replace(
        before, provenance=replace(before.provenance, verified=day.isoformat())
    ):
        raise BadFixture.at(name, before.provenance.line, "verified: give a day in quotes, or null")
    return moved
