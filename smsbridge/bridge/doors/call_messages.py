"""The messages in a call: its table read backwards, with everything that the bridge passes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.backends.capabilities import table_to_send
from smsbridge.bridge.doors.unset_words import is_unset, is_unset_time, says_nothing
from smsbridge.errors import InvalidMessage, Unsupported
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import flat
from smsbridge.mapping.reread import field_at, readable_names, reread, time_in
from smsbridge.mapping.template import RECIPIENTS, is_choice, names, render
from smsbridge.serving.call import IN_HEADER, field_name, unknown_fields
from smsbridge.serving.codec import DeclaredField
from smsbridge.serving.rest import NOT_UTF8

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.reread import SaidTime
    from smsbridge.mapping.template import Template
    from smsbridge.message import Message
    from smsbridge.serving.call import ReceivedCall

_CARRIED = {"recipient", RECIPIENTS, "text", "sender", "send_at", "channels", "reference"}
_MADE = {"now", "uuid", "encoding", "segments"}
PASSED = frozenset(_CARRIED | _MADE)
"""The values of a call that the bridge passes on or makes anew."""

_UNDECLARED = DeclaredField()
_EMPTY: tuple[object, ...] = (None, "", [])
_POINT_ZERO = re.compile(r"(?<=[0-9])\.0+\Z")


def messages_of(call: ReceivedCall, dialect: Backend) -> list[Message]:
    """Return the messages of a call, one per recipient.

    Raises `InvalidMessage` if it, its send time or its encoding can't be read.
    """
    if NOT_UTF8 in call.leniencies:
        raise InvalidMessage("text: not in an encoding that the call or the door declares")
    heads = {_head(path) for path in (*call.table.places(), *call.own)}
    for name in sorted(heads.intersection(map(_head, call.twice))):
        raise InvalidMessage(f"{name} has two values, and only one could be sent")
    headers = (path for path in call.table.places() if path.startswith(IN_HEADER))
    if name := next((one for one in headers if not text(call.given.get(one)).isascii()), ""):
        raise InvalidMessage(f"{name} has more than ASCII, and a header can't say its encoding")
    if name := _surplus(call):
        raise InvalidMessage(f"{name} has more values than its table reads: a message may be lost")
    if not call.messages:
        raise InvalidMessage(call.trouble or "it is not a message")
    said, more = call.values, dict[str, Any]()
    if (sender := said.get("sender", "")).strip():
        more["sender"] = sender
    said_time, time = _send_time(call, dialect)
    if said_time:
        is_set = not is_unset_time(said_time.word, time)
        if time is None and is_set:
            raise InvalidMessage("send_at: the time can't be read")
        more["send_at"] = time if is_set else None
    return [replace(message, **more) for message in call.messages]


def _send_time(call: ReceivedCall, dialect: Backend) -> tuple[SaidTime | None, datetime | None]:
    """Return what a call says of its send time, and the time, if it can be read."""
    said = time_in(call.given, call.table.places(), "send_at")
    found = said.read(dialect.zone()) if said else None
    return said, found.time if found else None


def _head(path: str) -> str:
    return field_name(path).partition(".")[0]


def _surplus(call: ReceivedCall) -> str:
    """Return a field whose list goes on after what the table reads, or empty.

    An index of 0 is as good as none, since a list with one item counts as that item.
    """
    carry = call.table.plan.places_carry
    several = {_without_first(path) for path, carried in carry.items() if RECIPIENTS in carried}
    read = {_without_first(path) for path in carry} | call.own
    known = {field_name(path) for path in carry}
    for path, word in flat(call.fields):
        if field_name(path) not in known or (here := _without_first(path)) in several:
            continue
        items = word if isinstance(word, list) else [word]
        said = (number for number, item in enumerate(items) if not _is_blank(item))
        if any(_without_first(f"{here}[{number}]") not in read for number in said):
            return field_name(path)
    return ""


def _without_first(path: str) -> str:
    return path.replace("[0]", "")


def _is_blank(word: object) -> bool:
    return word in _EMPTY or not text(word).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Omissions:
    """The fields of a call that the bridge doesn't pass on, as paths without indexes.

    ``said``: its table doesn't have them, or has them as an option, or with other words.
    ``unset``: they have what programs send for a field that nobody has set.
    """

    said: frozenset[str]
    unset: frozenset[str]


def omissions(
    call: ReceivedCall, dialect: Backend, declared: Mapping[str, DeclaredField]
) -> Omissions:
    """Return what the bridge doesn't pass on of a call. ``declared``: the fields of its contract.

    A field that says nothing is not among them.
    """
    said, unset = {*map(field_name, call.twice)}, _unset_times(call, dialect)
    for name, word, is_option in (*_outside_table(call), *_in_table(call)):
        field = declared.get(name, _UNDECLARED)
        if says_nothing(word, field.default):
            continue
        is_no = is_option and _as_flag(text(word)) == "false"
        is_said = not is_no and not is_unset(word, field.default, is_text=field.is_text)
        (said if is_said else unset).add(name)
    return Omissions(said=frozenset(said), unset=frozenset(unset - said))


def _outside_table(call: ReceivedCall) -> Iterator[tuple[str, object, bool]]:
    return ((name, word, False) for name, word in unknown_fields(call))


def _in_table(call: ReceivedCall) -> Iterator[tuple[str, object, bool]]:
    """Yield each field of a table that the bridge doesn't pass on, and whether it is an option."""
    for path, template in call.table.places().items():
        if not _is_passed_on(call, path, template):
            is_option = not PASSED.issuperset(names(template))
            yield field_name(path), field_at(call.given, path), is_option


def _unset_times(call: ReceivedCall, dialect: Backend) -> set[str]:
    """Return the fields of a send time that stands for one not set."""
    said, time = _send_time(call, dialect)
    if not said or not is_unset_time(said.word, time):
        return set()
    several = call.table.plan.places_carry.items()
    timed = (path for path, carried in several if "send_at" in carried)
    return {field_name(path) for path in timed if not _is_blank(field_at(call.given, path))}


def _is_passed_on(call: ReceivedCall, path: str, template: Template) -> bool:
    """Return whether the bridge passes on what a field of a table says, or it is empty."""
    word, carried = field_at(call.given, path), call.table.plan.places_carry[path]
    if isinstance(word, list) and len(word) == 1:
        (word,) = word
    is_private = not carried.isdisjoint({*call.protocol.table.auth.credentials, "token"})
    if _is_blank(word) or is_private or isinstance(word, dict):
        return True  # what is in a dict is a field that the table doesn't have
    if isinstance(word, list):
        return RECIPIENTS in carried
    if _is_default(template, text(word)):
        return True
    if read := reread(template, text(word), call.values):
        return read.keys() <= PASSED
    return _is_unreadable(template)


def _is_default(template: Template, word: str) -> bool:
    """Return whether a table says a word without any value, or nothing where it means no.

    Where an option has a field, nothing doesn't mean no, and only one of its words is the default.
    """
    plain, is_option = render(template, {}), not PASSED.issuperset(names(template))
    if plain is None and is_option:
        return False
    if is_unset(plain) and is_unset(word):
        return True
    if _as_flag(word) == ("false" if plain is None else _as_flag(text(plain))):
        return True
    if is_option or not is_choice(template):
        return False
    words = next(iter(template.values())).values()
    return any(not any(names(one)) and _is_default(one, word) for one in words)


def _is_unreadable(template: Template) -> bool:
    """Return whether no word tells what a template was filled with, such as a signature."""
    return any(names(template)) and not readable_names(template)


def _as_flag(word: str) -> str:
    plain = _POINT_ZERO.sub("", word.strip().casefold())
    return {"1": "true", "0": "false", "no": "false"}.get(plain, plain)


def check_sendable(message: Message, target: Backend, session: Session) -> None:
    """Raise `Unsupported` or `InvalidMessage` for a message that a backend could never carry.

    The send time doesn't count: the bridge does the waiting.
    """
    members = [*target.members().values()] or [target]
    at_once = replace(message, send_at=None)
    troubles: list[Unsupported | InvalidMessage] = []
    for one in members:
        if one.protocol not in one.protocols:  # no table to check: the send will tell
            return
        try:
            table_to_send(one, at_once, session)
        except (Unsupported, InvalidMessage) as error:
            troubles.append(error)
        else:
            return
    raise troubles[0]
