"""Compares, field by field, what another backend would send with what is sent.

Both requests are built up to the wire and read back by the tables that built them, so the
comparison is of what the two providers would understand. Nothing here can send a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsbridge.errors import CallerError, ConfigError
from smsbridge.http.address import is_url
from smsbridge.mapping.codec import Unreadable
from smsbridge.message import Channel, Message
from smsbridge.serving.send_requests import requests_of_send
from smsbridge.serving.wire_message import WireMessage, WireReader
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

_BLAMED = re.compile(
    r"can't carry (?P<carried>encoding|segments|recipient|text)\b"
    r"|^(?P<first>recipient|text|sender)\b"
)
_OWN = re.compile(r" at position [0-9]+| of '[0-9]+'(?=; this)")  # each message has its own
_SHORT = "x"
_OTHER = "a different one"
_LEAST_HIDDEN = 4
_MOST_CODE = 3
_BY_SMS = frozenset({Channel.SMS})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One kind of difference: the field, and what would change, without any number or text."""

    field: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowComparison:
    """One message as two backends would send it. ``why``: why it can't be compared, or empty.

    ``shadow``: None if the other backend can't carry the message at all.
    """

    differences: tuple[FieldDifference, ...] = ()
    why: str = ""
    to: WireMessage | None = field(default=None, repr=False)
    shadow: WireMessage | None = field(default=None, repr=False)


class _Failed(Exception):
    """Raised if a backend produces nothing to compare."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a block of the config sends messages; ``readers`` by the names of its members."""

    name: str
    backend: Backend
    readers: Mapping[str, WireReader]

    @classmethod
    def of(cls, name: str, backend: Backend) -> _Way:
        known = backend.by_name().items()
        return cls(name, backend, {one: WireReader.of(by) for one, by in known if by.protocols})

    def put_through(self, message: Message) -> WireMessage:
        """Return the message as its request carries it; raises `CallerError` or `_Failed`."""
        try:
            found = requests_of_send(self.backend, message, _placeholder)
            request = found.message
            if request is None or request.backend not in self.readers:
                raise _Failed(f"{self.name} would first call its provider for something else")  # noqa: TRY301  (handled as any other failure)
            return self.readers[request.backend].read(request, message)
        except (CallerError, _Failed):
            raise
        except Unreadable as error:
            raise _Failed(f"{self.name}: {error}") from None
        except Exception as error:  # noqa: BLE001  (a plug-in's; it must not abort the report)
            raise _Failed(f"{self.name} fails with {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class Shadow:
    """A backend that sends messages, and one to compare with it."""

    to: _Way
    shadow: _Way

    @classmethod
    def of(cls, to: tuple[str, Backend], shadow: tuple[str, Backend]) -> Shadow:
        """Return the comparison of two blocks, each given with its name."""
        return cls(_Way.of(*to), _Way.of(*shadow))

    def compare(self, message: Message) -> ShadowComparison:
        """Return what would differ if the shadow sent a message. Never raises."""
        try:
            to = self.to.put_through(message)
        except CallerError as error:
            return ShadowComparison(why=f"{self.to.name}: {_public(error, message)}")
        except _Failed as error:
            return ShadowComparison(why=str(error))
        found: list[FieldDifference] = []
        try:
            shadow = _put_through_in_parts(self.shadow, message, found)
        except _Failed as error:
            return ShadowComparison(why=str(error), to=to)
        if shadow is not None:
            refused = {one.field for one in found}
            others = differences(to, shadow, message)
            found += [one for one in others if one.field not in refused]
        return ShadowComparison(differences=tuple(found), to=to, shadow=shadow)


def check_shadow(backend: Backend) -> None:
    """Raise `ConfigError` for a backend whose requests can't be built offline."""
    for one in (*backend.members().values(),) or (backend,):
        protocol = one.protocols.get(one.protocol)
        if protocol is None or protocol.send is None:
            raise ConfigError(f"{one.name} has no table from which to build a request")
        if is_url(one.wsdl):
            raise ConfigError(
                f"the WSDL of {one.name} is at a URL and would have to be fetched: "
                "smsbridge wsdl lock saves it to a file"
            )


def _put_through_in_parts(
    way: _Way, message: Message, found: list[FieldDifference]
) -> WireMessage | None:
    """Return what a backend would send for a message, without what it can't carry.

    What it can't carry is added to ``found``; None if it can't carry the message at all.
    """
    try:
        return way.put_through(message)
    except CallerError as error:
        refusal = error
    carried = replace(message, sender=None, channels=_BY_SMS)  # find which part is refused
    try:
        wire = way.put_through(carried)
    except CallerError:
        found.append(_refusal(refusal, message, _field_to_blame(refusal, way, message)))
        return None
    for name in ("channels", "sender"):
        more: Any = {name: getattr(message, name)}
        fuller = replace(carried, **more)
        try:
            wire = way.put_through(fuller)
            carried = fuller
        except CallerError as error:
            found.append(_refusal(error, message, name))
    return wire


def _placeholder(name: str) -> str:
    """Return a placeholder for a token; none is fetched."""
    return f"shadow-{name}"


def _refusal(error: CallerError, message: Message, name: str) -> FieldDifference:
    return FieldDifference(field=name, what=f"can't be carried: {_public(error, message)}")


def _field_to_blame(error: CallerError, way: _Way, message: Message) -> str:
    """Return the field for which a message is refused, judging by the error or a trial."""
    if said := _BLAMED.search(str(error)):
        return said["carried"] or said["first"]
    with suppress(CallerError, _Failed):
        way.put_through(replace(message, text=_SHORT))
        return "text"
    return "message"


def _public(error: CallerError, message: Message) -> str:
    """Return an error's text without private values, which a plug-in's may contain."""
    said = _OWN.sub("", str(error))
    for private in (message.recipient, message.recipient[1:], message.text, message.sender or ""):
        if len(private) >= _LEAST_HIDDEN:
            said = said.replace(private, "…")
    return said


def differences(
    to: WireMessage, shadow: WireMessage, message: Message
) -> Iterator[FieldDifference]:
    """Yield how the message that one provider would get differs from the other's."""
    forms = (_form(one.recipient, message.recipient) for one in (shadow, to))
    yield from _unequal("recipient", *forms)
    if to.text != shadow.text:
        yield FieldDifference(field="text", what=_change(to.text, shadow.text))
    needs = [segments(one.text) for one in (shadow, to)]
    yield from _unequal("encoding", *(str(one.encoding) for one in needs))
    yield from _unequal("segments", *(str(one.count) for one in needs))
    yield from _sender_differences(to.sender, shadow.sender, message.sender or "")
    yield from _unequal("channels", shadow.channels, to.channels)
    if to.reference and not shadow.reference:
        what = "omitted, so a log can't identify the message"
        yield FieldDifference(field="reference", what=what)


def _unequal(name: str, shadow: str, to: str) -> Iterator[FieldDifference]:
    if shadow != to:
        yield FieldDifference(field=name, what=f"{shadow} instead of {to}")


def _sender_differences(to: str, shadow: str, given: str) -> Iterator[FieldDifference]:
    forms = [_sender_form(word, given) for word in (shadow, to)]
    if to != shadow and (_OTHER in forms or forms[0] == forms[1]):
        yield FieldDifference(field="sender", what=_OTHER)
    else:
        yield from _unequal("sender", *forms)


def _sender_form(word: str, given: str) -> str:
    return _form(word, given) if given or not word else "set by the block"


def _form(word: str, number: str) -> str:
    """Return how a number is written, with what surrounds it, but without the number."""
    digits = number.removeprefix("+")
    if not word:
        return "none"
    if word == number:
        return "with +" if number.startswith("+") else "as given"
    if digits not in word:
        local = word.lstrip("0")
        is_national = local and digits.endswith(local) and len(digits) - len(local) <= _MOST_CODE
        return "in national form" if is_national else _OTHER
    around = word.replace(digits, "…")
    return {"…": "without +", "00…": "with 00"}.get(around, f"as {around}")


def _change(to: str, shadow: str) -> str:
    """Return how a text changed, without showing it."""
    if not shadow:
        return "omitted"
    if to.startswith(shadow):
        return "truncated"
    if to.split() == shadow.split():
        return "different whitespace"
    if to.casefold() == shadow.casefold():
        return "different letter case"
    return _OTHER
