"""Clauses about capabilities: what a table declares is done, what it doesn't is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from smsbridge.errors import CallerError, InvalidMessage, Unsupported
from smsbridge.mapping.operation import COMMANDS, QUESTIONS, Operation
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.message import Channel, Message, Options
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.conversation import Conversation, converse, describe
from smsbridge.testing.contract.request_places import missing_places
from smsbridge.testing.contract.ruling import DoesNotApply, Finding, NotShown
from smsbridge.testing.fixture.do import Do

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_CHANNELS = (
    frozenset({Channel.SMS}),
    frozenset({Channel.WHATSAPP}),
    frozenset({Channel.SMS, Channel.WHATSAPP}),
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("recipient", RECIPIENTS), ("+12025550123", "+447700900123")),
    "sender": ("CanaryBirds",),
    "reference": ("canary-4711", "0123456789abcdef0123456789ABCDEF"),
}
"""Values that a caller may give. Each but the first may be refused, as too long or too foreign."""
_KNOWN = ("send", *QUESTIONS, *COMMANDS)
_DAY = datetime(2027, 1, 31, tzinfo=UTC).date()
_BY: Mapping[str, Any] = {
    "id": "7",
    "after": datetime(2027, 1, 31, 9, tzinfo=UTC),
    "before": datetime(2027, 1, 31, 10, tzinfo=UTC),
    "recipient": "+12025550123",
    "keyword": "canary",
    "failed": "request",
    "device": "canary-device",
    "unread": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown(Options):
    canary: str | None = "canary"


@clause(3, "it does what it declares: each value and each channel reaches the wire")
def check_present(subject: Subject) -> Iterator[Finding]:
    """Yield what a table declares and a call does not carry."""
    if subject.table.send is not None:
        for name in sorted(subject.send.carries()):
            if name in _WORDS:
                yield from _judge_words(subject, name, _WORDS[name])
            elif name == "send_at" or name.startswith("options."):
                yield from _judge_value(subject, name)
        for channels in _channel_sets(subject.send):
            message = replace(subject.message, channels=channels)
            yield from _judge_wire_of(subject, message, "channels")
    for operation, table in subject.table.operations().items():
        for name in () if operation == "send" else _arguments_of(operation, table.carries()):
            yield from _judge_filter(subject, operation, name)


def _channel_sets(table: Operation) -> list[frozenset[Channel]]:
    words = table.channels()
    return [one for one in _CHANNELS if "+".join(sorted(one)) in words]


def _judge_words(subject: Subject, name: str, words: tuple[str, ...]) -> Iterator[Finding]:
    """Yield that a word is not carried by any channel; the first must be, others may be refused."""
    for word in words:
        found: list[str] = []
        for channels in _channel_sets(subject.send):
            message = _with_word(replace(subject.message, channels=channels), name, word)
            talk = converse(subject, message)
            refused = not talk.requests and isinstance(talk.end, CallerError) and word != words[0]
            lost = [] if refused else list(_judge_talk(subject, message, talk, name))
            if not lost:
                break
            found += lost
        else:
            yield found[0] if found else f"{name}: it is declared, and can't be given"


def _with_word(message: Message, name: str, word: str) -> Message:
    given: dict[str, Any] = {"recipient" if name == RECIPIENTS else name: word}
    return replace(message, **given)


def _judge_value(subject: Subject, name: str) -> Iterator[Finding]:
    """Yield that a declared value is not carried, by any channel by which it may go."""
    refused: list[str] = []
    for channels in _channel_sets(subject.send):
        made = list(_messages(subject, name, channels))
        if not made:
            yield NotShown(
                f"{name}: no value is known that it takes; give it a default that shows one"
            )
            return
        for message in made:
            found = list(_judge_wire_of(subject, message, name))
            if not found:
                return
            refused += found
    yield refused[0] if refused else f"{name}: it is declared, and can't be given"


def _messages(subject: Subject, name: str, channels: frozenset[Channel]) -> Iterator[Message]:
    """Yield messages that have a value of that name."""
    base = replace(subject.message, channels=channels)
    if name == "send_at":
        yield replace(base, send_at=subject.began + timedelta(days=1))
    elif name in _WORDS:
        yield _with_word(base, name, _WORDS[name][0])
    elif subject.backend.options is not None:
        own = {one.name: one for one in fields(subject.backend.options)}
        key = name.removeprefix("options.")
        for value in _values(own[key]) if key in own else ():
            with suppress(InvalidMessage, TypeError):
                yield replace(base, options=subject.backend.options(**{key: value}))


def _values(option: Field[Any]) -> tuple[Any, ...]:
    if isinstance(option.default, bool):
        return (not option.default,)
    if "int" in str(option.type):
        return (1, 2, 60)
    return ("https://media.example/canary.png", "canary")


def _judge_wire_of(subject: Subject, message: Message, name: str) -> Iterator[str]:
    yield from _judge_talk(subject, message, converse(subject, message), name)


def _judge_talk(subject: Subject, message: Message, talk: Conversation, name: str) -> Iterator[str]:
    shown = "+".join(sorted(message.channels))
    if not talk.calls:
        yield f"{name} by {shown}: it is declared, and ends with {describe(talk.end)}"
    elif lost := missing_places(subject, message, talk.calls[-1], name):
        yield f"{name} by {shown}: it does not stand at {' and '.join(lost)}"


def _arguments_of(operation: str, carried: frozenset[str]) -> list[str]:
    """Return the values by which a caller may ask, of those that a table carries."""
    return [one for one in {**QUESTIONS, **COMMANDS}[operation] if one in carried]


def _judge_filter(subject: Subject, operation: str, name: str) -> Iterator[str]:
    given = {name: _BY[name]} if name in _BY else {"first": _DAY, "last": _DAY}
    talk = converse(subject, Do(operation=operation, arguments=given))
    if not talk.calls:
        yield f"{operation} by {name}: it is declared, and ends with {describe(talk.end)}"
        return
    plain = converse(subject, Do(operation=operation, arguments=_others(operation, name)))
    if plain.calls and [_wire(one) for one in plain.calls] == [_wire(one) for one in talk.calls]:
        yield f"{operation} by {name}: the request is the same without it"


def _others(operation: str, name: str) -> dict[str, Any]:
    """Return arguments without a name, or with another value of it where it is needed."""
    if name in ("first", "last"):
        return {"first": _DAY - timedelta(days=2), "last": _DAY - timedelta(days=2)}
    return {"id": "8"} if name == "id" and operation != "sent" else {}


def _wire(request: Any) -> tuple[Any, ...]:
    return request.method, request.url, request.body


@clause(4, "what it does not declare is refused before anything leaves")
def check_absent(subject: Subject) -> Iterator[Finding]:
    """Yield what is taken, or sent without it, although no table has it."""
    tried = 0
    for what, talk in _foreign_requests(subject):
        tried += 1
        if talk.requests:
            yield f"{what}: a request left, though nothing declares it"
        elif not isinstance(talk.end, CallerError):
            yield f"{what}: it ends with {describe(talk.end)}, not {Unsupported.__name__}"
    if not tried:
        raise DoesNotApply("it declares every operation and every value")


def _foreign_requests(subject: Subject) -> Iterator[tuple[str, Conversation]]:
    """Yield a conversation about each thing that no table declares, with its name."""
    for operation in _KNOWN:
        if operation not in subject.table.operations():
            yield operation, converse(subject, subject.do(operation))
    if subject.table.send is not None:
        for name, message in _foreign_messages(subject):
            yield name, converse(subject, message)


def _foreign_messages(subject: Subject) -> Iterator[tuple[str, Message]]:
    carried, base = subject.send.carries(), subject.message
    yield "an option of another provider", replace(base, options=_Unknown())
    for channels in _CHANNELS:
        if channels not in _channel_sets(subject.send):
            yield f"channels {'+'.join(sorted(channels))}", replace(base, channels=channels)
    kind = subject.backend.options
    options = [f"options.{one.name}" for one in fields(kind)] if kind is not None else []
    for name in ("sender", "send_at", *options):
        if name not in carried:
            yield from ((name, one) for one in islice(_messages(subject, name, base.channels), 1))
