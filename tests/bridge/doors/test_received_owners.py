"""Which caller gets incoming messages, by the doors of a config."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.doors.received_owners import ANY
from smsbridge.errors import ConfigError

from support.bridges import OLD, read
from support.each import each
from support.events import OWN, REPORTING, WEBHOOK, events_refusal, events_text


def test_the_only_caller_of_the_only_door_gets_what_comes_in(tmp_path: Path) -> None:
    text = events_text().replace('received = "shop"\n', "")
    callers = text[text.index("callers") : text.index("[bridge.events")]
    alone = text.replace(callers, 'callers = { till = { api_key = "k" } }\n')
    (events,) = read(tmp_path, alone).events
    assert events.owners == {ANY: ("shop", "till")}


def test_a_number_may_be_assigned_to_a_caller(tmp_path: Path) -> None:
    owners = f'received = {{ "{OWN}" = "till", "*" = "shop" }}'
    (events,) = read(tmp_path, events_text().replace('received = "shop"', owners)).events
    assert events.owner("1 (202) 555-0100") == ("shop", "till")
    assert events.owner("+12025550101") == ("shop", "shop")


@each(
    ("given", "instead", "why"),
    [
        ('received = "shop"', 'received = "nobody"', "line 8: doors.shop.received: there is no"),
        ('received = "shop"', 'received = { x = "shop" }', "give one of your numbers"),
        (
            'received = "shop"',
            'received = { "12025550100" = "shop", "+12025550100" = "till" }',
            ": given twice",
        ),
        (
            'received = "shop"',
            'received = { "+12025550100" = "shop" }',
            "who gets messages for all other numbers",
        ),
        ('received = "shop"', "", "say in [doors.shop] who gets incoming messages"),
        (WEBHOOK, "", "line 8: doors.shop.received: no message comes in from new"),
    ],
)
def test_what_a_door_says_wrongly_is_told_with_its_line(
    tmp_path: Path, given: str, instead: str, why: str
) -> None:
    said = events_refusal(tmp_path, given, instead)
    assert why in said
    assert "smsbridge.toml, line" in said


def test_two_doors_can_t_both_get_what_comes_in(tmp_path: Path) -> None:
    second = '[doors.two]\nspeaks = "old"\nto = "new"\npath = "/two"\nreceived = "a"\n'
    more = f"{second}callers = {{ a = {{ api_key = 'k' }} }}\n"
    text = events_text(backends=more + OLD + REPORTING)
    with pytest.raises(ConfigError, match=r"doors\.two\.received: door shop already gets it"):
        read(tmp_path, text)
    (events,) = read(tmp_path, text.replace('received = "a"\n', "")).events
    assert events.owners == {ANY: ("shop", "shop")}
