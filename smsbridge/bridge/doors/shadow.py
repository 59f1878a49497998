"""What another backend would send of a message, compared field by field with what is sent.

Both requests are made as far as the wire, and read back by the tables that made them, so what is
compared is what the two providers would understand. Nothing here can carry a request.
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
_OTHER = "another one"
_LEAST_HIDDEN = 4
_MOST_CODE = 3
_BY_SMS = frozenset({Channel.SMS})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One kind of difference: the field, and what would be other; no number and no text."""

    field: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowComparison:
    """One message as two backends send it. ``why``: why it can't be compared, or empty.

    ``shadow``: None for a message that the other backend can't carry at all.
    """

    differences: tuple[FieldDifference, ...] = ()
    why: str = ""
    to: WireMessage | None = field(default=None, repr=False)
    shadow: WireMessage | None = field(default=None, repr=False)


class _Failed(Exception):
    """Raised where a backend shows nothing that could be compared."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What a block of the config makes of messages; ``readers`` by the names of its members."""

    name: str
    backend: Backend
    readers: Mapping[str, WireReader]

    @classmethod
    def of(cls, name: str, backend: Backend) -> _Way:
        known = backend.by_name().items()
        return cls(name, backend, {one: WireReader.of(by) for one, by in known if by.protocols})

    def put_through(self, message: Message) -> WireMessage:
        """Return the message as its request has it; raises `CallerError` or `_Failed`."""
        try:
            found = requests_of_send(self.backend, message, _placeholder)
            request = found.message
            if request is None or request.backend not in self.readers:
                raise _Failed(f"{self.name} would ask its provider for something first")  # noqa: TRY301  (as for what else fails)
            return self.readers[request.backend].read(request, message)
        except (CallerError, _Failed):
            raise
        except Unreadable as error:
            raise _Failed(f"{self.name}: {error}") from None
        except Exception as error:  # noqa: BLE001  (a plug-in's; it must end no report)
            raise _Failed(f"{self.name} fails with {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class Shadow:
    """A backend that carries messages, and one that is compared with it."""

    to: _Way
    shadow: _Way

    @classmethod
    def of(cls, to: tuple[str, Backend], shadow: tuple[str, Backend]) -> Shadow:
        """Return what compares two blocks, each by its name."""
        return cls(_Way.of(*to), _Way.of(*shadow))

    def compare(self, message: Message) -> ShadowComparison:
        """Return what would differ if the shadow sent a message; raises nothing."""
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
    """Raise `ConfigError` for a backend of which nobody can say here what it would send."""
    for one in (*backend.members().values(),) or (backend,):
        protocol = one.protocols.get(one.protocol)
        if protocol is None or protocol.send is None:
            raise ConfigError(f"{one.name} has no table that says what it would send")
        if is_url(one.wsdl):
            raise ConfigError(
                f"the WSDL of {one.name} is at an address, and would have to be fetched: "
                "smsbridge wsdl lock makes a file of it"
            )


def _put_through_in_parts(
    way: _Way, message: Message, found: list[FieldDifference]
) -> WireMessage | None:
    """Return what a backend would send of a message, without what it can't carry.

    What it can't carry is added to ``found``; None if it can't carry the message at all.
    """
    try:
        return way.put_through(message)
    except CallerError as error:
        refusal = error
    carried = replace(message, sender=None, channels=_BY_SMS)  # which of its parts is to blame?
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
    """Return what stands for a token: nobody is asked for one."""
    return f"shadow-{name}"


def _refusal(error: CallerError, message: Message, name: str) -> FieldDifference:
    return FieldDifference(field=name, what=f"can't be carried: {_public(error, message)}")


def _field_to_blame(error: CallerError, way: _Way, message: Message) -> str:
    """Return the field for which a message is refused, as far as the error or a trial tells."""
    if said := _BLAMED.search(str(error)):
        return said["carried"] or said["first"]
    with suppress(CallerError, _Failed):
        way.put_through(replace(message, text=_SHORT))
        return "text"
    return "message"


def _public(error: CallerError, message: Message) -> str:
    """Return what an error says; one of a plug-in may have more in it than it should."""
    said = _OWN.sub("", str(error))
    for private in (message.recipient, message.recipient[1:], message.text, message.sender or ""):
        if len(private) >= _LEAST_HIDDEN:
            said = said.replace(private, "…")
    return said


def differences(
    to: WireMessage, shadow: WireMessage, message: Message
) -> Iterator[FieldDifference]:
    """Yield what differs between what two providers would get of one message."""
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
        yield FieldDifference(field="reference", what="left out, so no log can show it")


def _unequal(name: str, shadow: str, to: str) -> Iterator[FieldDifference]:
    if shadow != to:
        yield FieldDifference(field=name, what=f"{shadow}, in place of {to}")


def _sender_differences(to: str, shadow: str, given: str) -> Iterator[FieldDifference]:
    forms = [_sender_form(word, given) for word in (shadow, to)]
    if to != shadow and (_OTHER in forms or forms[0] == forms[1]):
        yield FieldDifference(field="sender", what=_OTHER)
    else:
        yield from _unequal("sender", *forms)


def _sender_form(word: str, given: str) -> str:
    return _form(word, given) if given or not word else "that of its block"


def _form(word: str, number: str) -> str:
    """Return how a number is written; what stands around it is shown, but no number."""
    digits = number.removeprefix("+")
    if not word:
        return "none"
    if word == number:
        return "with +" if number.startswith("+") else "as it was given"
    if digits not in word:
        local = word.lstrip("0")
        is_national = local and digits.endswith(local) and len(digits) - len(local) <= _MOST_CODE
        return "in national form" if is_national else _OTHER
    around = word.replace(digits, "…")
    return {"…": "without +", "00…": "with 00"}.get(around, f"as {around}")


def _change(to: str, shadow: str) -> str:
    """Return what became of a text, without showing it."""
    if not shadow:
        return "left out"
    if to.startswith(shadow):
        return "cut"
    if to.split() == shadow.split():
        return "with other blanks or ends of lines"
    if to.casefold() == shadow.casefold():
        return "in other letters, large for small or small for large"
    return _OTHER
