"""No mutant survives of all that ships: whatever leaves in another shape is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smsbridge.testing.fixture.find import fixture_ids
from smsbridge.testing.fixture.load import load
from smsbridge.testing.mock.declared_backend import declared_backend
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mutants.run import Fate, all_mutants, fixture_mutants

from support.each import each

REST = "smsmobileapi/send/accepted-rest"
BRIEF = {
    "smsmobileapi": ("send/accepted-", "status/sent-rest"),
    "parlayx": ("status/delivered",),
    "acme": ("send/accepted-",),
}


def unsound(name: str, under: tuple[str, ...]) -> list[str]:
    ids = [one for part in under for one in fixture_ids(f"{name}/{part}")]
    found = list(all_mutants(declared_backend(name), [load(one) for one in ids]))
    assert sum(len(one.of(Fate.KILLED)) for one in found) > 50
    assert any(one.of(Fate.SAME) for one in found)
    bad = [(one, mutant) for one in found for mutant in one.tried]
    return [
        f"{one.fixture} over {one.protocol}: {mutant.name} {mutant.fate}"
        for one, mutant in bad
        if mutant.fate not in (Fate.KILLED, Fate.SAME)
    ] + [why for one in found for why in one.broken]


@each(("name", "under"), BRIEF.items())
def test_no_mutant_survives_of_what_pins_the_wire(name: str, under: tuple[str, ...]) -> None:
    assert unsound(name, under) == []


@pytest.mark.full
@each("name", BRIEF)
def test_no_mutant_survives_of_all_that_ships(name: str) -> None:
    assert unsound(name, ("",)) == []


def test_a_fixture_that_takes_a_doubled_field_lets_it_pass_only_unclaimed() -> None:
    one = fixture_mutants(sample_backend(), load(REST), "rest")
    assert one.is_sound
    assert "double form.message" in {mutant.name for mutant in one.of(Fate.KILLED)}


def test_a_fixture_that_is_wrong_itself_has_no_mutants() -> None:
    wrong = replace(load(REST), expect={"outcome": "rejected"})
    one = fixture_mutants(sample_backend(), wrong, "rest")
    assert (one.tried, one.is_sound) == ([], False)
    assert one.broken


def test_what_is_not_tried_in_time_is_counted_and_not_sound() -> None:
    one = fixture_mutants(sample_backend(), load(REST), "rest", end=0.0)
    assert (one.tried, one.is_sound) == ([], False)
    assert one.untried > 20
