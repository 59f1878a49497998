"""What a fault is: a place, and an end."""

from __future__ import annotations

import pytest

from smsbridge.testing.faults.outcomes import Ends, Entry, Outcome, Place


@pytest.mark.parametrize("place", Place)
def test_only_what_is_on_the_wire_or_is_an_answer_can_take_the_place_of_one(place: Place) -> None:
    ways = {"": Ends(outcome=Outcome.UNKNOWN)}
    entry = Entry(number="F00", name="x", what="x", place=place, ways=ways)
    assert entry.answers == (place in {Place.WIRE, Place.ANSWER})


def test_the_outcomes_are_the_four_of_a_send_and_one_that_races() -> None:
    words = ["accepted", "not sent", "rejected", "unknown", "by the bytes that left"]
    assert [str(outcome) for outcome in Outcome] == words
