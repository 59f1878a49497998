"""The key ``received`` of a door: which caller gets an incoming message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from smsbridge.errors import ConfigError
from smsbridge.text.phone import digits_of
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from smsbridge.bridge.doors.door_config import DoorConfig
    from smsbridge.text.located import Checker

ANY = "*"
"""Stands for every other number."""
Owner = tuple[str, str]
"""A door, and a caller of it."""

_NUMBER = re.compile(r"\+?[0-9]{3,15}")


def read_received(own: Checker, callers: Collection[str]) -> Mapping[str, str]:
    """Return which caller gets incoming messages, by number; empty if the door doesn't say.

    ``own``: the table of the door.
    """
    if "received" not in own:
        return {}
    given = own.values["received"]
    if isinstance(given, str):
        _check_caller(own, given, callers, "received")
        return {ANY: given}
    table = own.table("received")
    found: dict[str, str] = {}
    for number in table.values:
        if number != ANY and not _NUMBER.fullmatch(number):
            table.fail(f'give one of your numbers, such as "+12025550100", or "{ANY}"', number)
        caller: str = table.of(number, str)
        _check_caller(table, caller, callers, number)
        key = number if number == ANY else digits_of(number)
        if key in found:
            table.fail("given twice", number)
        found[key] = caller
    return found


def _check_caller(own: Checker, name: str, callers: Collection[str], key: str) -> None:
    if name not in callers:
        own.fail(f"there is no caller {name!r}; {nearest(name, callers)}", key)


def read_owners(
    own: Checker, doors: Sequence[DoorConfig], routes: frozenset[str]
) -> Mapping[str, Owner]:
    """Return who gets the messages that come in from a block, by number."""
    here = [door for door in doors if door.to in routes]
    found: dict[str, Owner] = {}
    for door in here:
        for number, caller in door.received.items():
            if number in found:
                why = f"doors.{door.name}.received: door {found[number][0]} already gets it"
                raise ConfigError(why, ("doors", door.name, "received"))
            found[number] = door.name, caller
    if not found and len(here) == 1 and len(here[0].callers) == 1:
        return {ANY: (here[0].name, next(iter(here[0].callers)))}
    if ANY not in found:
        which = " or ".join(f"[doors.{door.name}]" for door in here)
        rest = f'who gets messages for all other numbers: received = {{ "{ANY}" = "CALLER" }}'
        whole = 'who gets incoming messages: received = "CALLER"'
        own.fail(f"say in {which} {rest if found else whole}")
    return found


def check_received(comes_in: frozenset[str], doors: Sequence[DoorConfig]) -> None:
    """Refuse ``received`` on a door without incoming messages. ``comes_in``: routes with some."""
    for door in doors:
        if door.received and door.to not in comes_in:
            why = f"no message comes in from {door.to}: configure [bridge.events.NAME]"
            raise ConfigError(
                f"doors.{door.name}.received: {why}", ("doors", door.name, "received")
            )
