"""What a fault is: a place, and an end."""

from __future__ import annotations

from smsbridge.errors import Outcome
from smsbridge.testing.faults.table import Ending, Entry, Place

from support.each import each


@each("place", Place)
def test_only_what_is_on_the_wire_or_is_an_answer_can_take_the_place_of_one(place: Place) -> None:
    ways = {"": Ending(outcome=Outcome.UNKNOWN)}
    entry = Entry(number="F00", name="x", what="x", place=place, ways=ways)
    assert entry.answers == (place in {Place.WIRE, Place.ANSWER})
