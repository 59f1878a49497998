"""The table of faults is whole, and a word of it leads to its row or to the nearest one."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError
from smsbridge.errors import Outcome
from smsbridge.testing.faults.table import FAULTS, STATUSES, WORDS, Fault, Place, fault

from support.each import each

NUMBERS = [f"F{number:02}" for number in range(1, 40)]
SPLIT = {"F20": ("F20a", "F20b"), "F35": ("F35a", "F35b")}


def test_each_number_of_the_table_stands_once() -> None:
    wanted = [part for number in NUMBERS for part in SPLIT.get(number, (number,))]
    assert sorted(entry.number for entry in FAULTS.values()) == sorted(wanted)


@each("word", WORDS)
def test_each_word_leads_to_its_row(word: str) -> None:
    found = fault(word)
    assert found.entry is FAULTS[found.name]
    assert found.ends is found.entry.ways[found.way]
    assert found.word == word or (found.name == word and found.way == next(iter(found.entry.ways)))


@each(
    ("word", "says"),
    [
        ("reset-after", "there is no fault 'reset-after'; did you mean 'reset-after-request'?"),
        ("refusals:499", "there is no fault 'refusals:499'; "),
        ("silence:loud", "there is no fault 'silence:loud'; known: none"),
        ("silence:", "there is no fault 'silence:'; "),
        ("refusals:", "there is no fault 'refusals:'; "),
        ("", "there is no fault ''"),
        ("499", "no fault answers with HTTP 499; did you mean '"),
    ],
)
def test_another_word_is_refused_with_the_nearest(word: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        fault(word)
    assert str(refused.value).startswith(says)


@each("word", WORDS)
def test_what_proves_that_nothing_was_taken_was_not_taken(word: str) -> None:
    found = fault(word)
    if found.ends.outcome in {Outcome.NOT_SENT, Outcome.REJECTED} or not found.entry.answers:
        assert not found.taken
    else:
        assert found.taken


def test_a_fault_is_known_by_its_name_and_its_way() -> None:
    assert Fault("silence") == fault("silence")
    assert Fault("refusals", "413") == fault("refusals:413") != fault("refusals")
    assert fault("refusals").way == "400"


def test_what_a_provider_never_has_whole_is_in_place_of_no_answer() -> None:
    early = {entry.name for entry in FAULTS.values() if entry.place is Place.REQUEST}
    assert early == {"reset-on-accept", "reset-mid-request", "never-reads"}
    assert not any(FAULTS[name].answers for name in early)


def test_a_status_finds_the_fault_that_answers_with_it() -> None:
    assert fault("429").word == "too-many:seconds"
    assert fault("401").word == "unauthorized"
    assert fault("503").word == "unavailable:seconds"
    ways = [way for way in STATUSES if way not in {"401", "429", "503"}]
    assert ways
    assert [fault(way).way for way in ways] == ways
