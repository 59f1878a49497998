"""What a provider can do over a protocol, and what it can carry: derived from its tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from smsbridge.errors import Reason
from smsbridge.mapping.path import LIST, STATUS, nested, steps
from smsbridge.mapping.template import Template, Values, names, needed, rendered, words
from smsbridge.mapping.template_check import route_trouble, trouble
from smsbridge.mapping.times import form_trouble
from smsbridge.mapping.words import REFUSING, When, status_trouble, untaken_trouble
from smsbridge.message import Channel, Message
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Auth
    from smsbridge.mapping.codec import Codec, Spellings
    from smsbridge.message import Status

_MESSAGE = ("recipient", "text", "channels", "send_at", "sender", "reference")
_MADE = ("now", "uuid", "encoding", "segments")
_NO_NEED = {"reference", "channels", *_MADE}  # ours first; channels have a rule of their own
SENT_ROW = ("id", "recipient", "sender", "text", "status", "at", "error", "reference")
RECEIVED_ROW = ("id", "sender", "recipient", "text", "at", "device")
Paths = str | Sequence[str]
_UUID_BYTES = 16
_UUID_VERSION = 4


@dataclass(frozen=True, slots=True)
class _Table:
    """One call of the provider: its route or SOAP operation, and its fields.

    ``fields``: path to template, see `smsbridge.mapping.path` and `smsbridge.mapping.template`;
    a route may have templates too. ``rejected``: path to word to reason; the word ``*`` stands
    for any other.
    ``headers``: HTTP headers, name to template.
    """

    call: str
    fields: Mapping[str, Template]

    def _check(self) -> None:
        for path, template in self.templates():
            if why := trouble(template) if path else route_trouble(self.call):
                raise ValueError(f"{self.call}, field {path}: {why}")
        rejected: Mapping[str, Mapping[str, Reason]] = getattr(self, "rejected", {})
        for path in rejected:
            steps(path)
        if why := status_trouble(rejected.get(STATUS, ()), REFUSING):
            raise ValueError(f"{self.call}, rejected, {STATUS}: {why}")
        for path in self.fields:
            whole = steps(path)
            if whole[0] == LIST and (len(whole) == 1 or not isinstance(whole[1], int)):
                raise ValueError(f"{self.call}: {path} needs an index, such as {LIST}[0].to")
            if any(other.startswith((f"{path}.", f"{path}[")) for other in self.fields):
                raise ValueError(f"{self.call}: {path} is a field, and holds others too")
        try:
            nested(dict.fromkeys(self.fields))
        except ValueError as error:
            raise ValueError(f"{self.call}: {error}") from None

    def templates(self) -> Iterator[tuple[str, Template]]:
        """Yield every template, with the path of its field or the name of its header."""
        yield "", self.call
        yield from self.fields.items()
        yield from getattr(self, "headers", {}).items()

    def places(self) -> dict[str, Template]:
        """Return the fields with those that a route has in its path and its query."""
        route = urlsplit(self.call.partition(" ")[2])
        captured = {found: found for found in re.findall(r"\{[^{}]*\}", route.path)}
        return {**captured, **dict(parse_qsl(route.query)), **self.fields}

    def carries(self) -> frozenset[str]:
        """Return the names of the values that it can carry."""
        return frozenset(name for _, value in self.templates() for name in names(value))

    def filled(self, values: Values) -> dict[str, Any]:
        """Return the provider's fields for values; those without a value are left out."""
        return rendered(self.fields, values)


@dataclass(frozen=True, slots=True)
class Operation(_Table):
    """A call that sends a message: what it says, and what the answer means.

    ``not_sent``: path to the words that say that the message was not taken, and may be sent again.
    """

    accepted: When
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    not_sent: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def taken(self) -> When:
        """What an answer has when the call was taken."""
        return self.accepted

    def __post_init__(self) -> None:
        """Refuse a table that could not be sent, or that takes every answer for an acceptance."""
        self._check()
        if not self.accepted.match.keys() - {STATUS}:
            raise ValueError("When: name at least one path and its word; a 200 is never proof")
        if why := untaken_trouble(self.not_sent, self.accepted, self.rejected):
            raise ValueError(f"{self.call}, not_sent, {why}")

    def channels(self) -> frozenset[str]:
        """Return the sets of channels that it can carry, as words: ``sms``, ``sms+whatsapp``."""
        known = (word for _, value in self.templates() for word in words(value, "channels"))
        return frozenset({"sms", *known} - {"*"})

    def counts(self) -> bool:
        """Return whether it needs to know how many SMS a text takes, or in which encoding."""
        return bool(self.carries() & {"encoding", "segments"})

    def lacks(self, values: Values) -> list[str]:
        """Return what a message has that this operation would leave out."""
        used = {name for _, value in self.templates() for name in needed(value, values)}
        lacking = [name for name in values if name not in used | _NO_NEED]
        if values["channels"] not in self.channels():
            lacking.append("channels")
        return lacking


@dataclass(frozen=True, slots=True)
class Question(_Table):
    """A call that only reads: where a message stands, what was sent, what was received.

    ``rows``: the path of the rows of the answer; empty where the answer is the one row. ``row``:
    our name (one of ``SENT_ROW`` or ``RECEIVED_ROW``) to its path in a row; of several paths the
    first that has a word, and of two with a blank between both (``"date hour"``).
    ``answered``: what an answer must have; ``rejected`` as in `Operation`. ``statuses``: words for
    statuses, where they mean something else than in the rest of the backend. ``failed``: a row
    that has any of it is of a message that was not delivered. ``refused``: one that the provider
    did not take at all. ``pages``: what the next page of the
    log is asked ``before``, the ``id`` or the time (``at``) of the oldest row. ``time_format``:
    how times are written, where that can't be seen: ``epoch``, ``epoch-ms`` or a format of
    ``strptime``.
    """

    row: Mapping[str, Paths]
    rows: str = ""
    answered: When = field(default_factory=lambda: When({}))
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    failed: When = field(default_factory=lambda: When({}))
    refused: When = field(default_factory=lambda: When({}))
    pages: str = ""
    time_format: str = ""

    @property
    def taken(self) -> When:
        """What an answer has when the call was taken."""
        return self.answered

    def __post_init__(self) -> None:
        """Refuse a table that could not be asked."""
        self._check()
        names = dict.fromkeys((*SENT_ROW, *RECEIVED_ROW))
        if not self.row or (unknown := sorted(self.row.keys() - names.keys())):
            why = f"{unknown[0]!r} is none of" if self.row else "name one or more of"
            raise ValueError(f"{self.call}, row: {why} {', '.join(names)}")
        for path in (self.rows or "rows", *(p for n in self.row for p in self.paths(n))):
            for part in path.split(" "):
                steps(part)
        if self.pages not in ("", "id", "at"):
            raise ValueError(f"{self.call}, pages: {self.pages!r} is neither id nor at")
        if self.time_format and (odd := form_trouble(self.time_format)):
            raise ValueError(f"{self.call}, time_format: {odd}")

    def paths(self, name: str) -> tuple[str, ...]:
        """Return where a row may have what we call so; a blank stands between two of one value."""
        given = self.row[name]
        return (given,) if isinstance(given, str) else tuple(given)


def spellings(table: Operation | Question, statuses: Mapping[str, Status]) -> Spellings:
    """Return the words that a table looks for in an answer, by path."""
    found: dict[str, list[str]] = {}

    def add(path: str, words: Iterable[str]) -> None:
        found.setdefault(path, []).extend(words)

    for path, word in table.taken.match.items():
        add(path, [word])
    for path, reasons in table.rejected.items():
        add(path, reasons)
    if isinstance(table, Operation):
        if table.accepted.status:
            add(table.accepted.status, statuses)
        return found
    prefix = f"{table.rows}." if table.rows else ""
    for path, word in (*table.failed.match.items(), *table.refused.match.items()):
        add(prefix + path, [word])
    for path in table.paths("status") if "status" in table.row else ():
        if " " not in path:
            add(prefix + path, table.statuses or statuses)
    return found


QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "status": ("id",),
    "received": ("after", "before", "device", "unread"),
    "sent": ("id", "after", "before", "recipient", "keyword", "failed"),
}
"""The questions by name, and the values that a caller may give."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "resend": ("id",),
    "delete": ("id", "first", "last"),
}
"""What is done to a message that the provider has, by name, with the same."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A codec and an auth, and the operations that the provider has for the pair."""

    codec: Codec
    auth: Auth
    send: Operation | None = None
    status: Question | None = None
    received: Question | None = None
    sent: Question | None = None
    resend: Operation | None = None
    delete: Operation | None = None

    def operations(self) -> Mapping[str, Operation | Question]:
        """Return the operations that are there, by name."""
        found = {name: getattr(self, name) for name in ("send", *QUESTIONS, *COMMANDS)}
        return {name: table for name, table in found.items() if table is not None}


def channels_word(channels: frozenset[Channel]) -> str:
    """Return a set of channels as a table's word: ``sms``, ``whatsapp`` or ``sms+whatsapp``."""
    return "+".join(sorted(channels))


def message_values(message: Message) -> dict[str, Any]:
    """Return the values that a message itself has for a table."""
    options = message.options
    own = (
        {f"options.{f.name}": getattr(options, f.name) for f in fields(options)} if options else {}
    )
    values = {name: getattr(message, name) for name in _MESSAGE} | own
    values["channels"] = channels_word(message.channels)
    return {n: value for n, value in values.items() if value is not None and value is not False}


def made_values(session: Session, text: str | None = None) -> dict[str, Any]:
    """Return the values that are made for a call: its time, an id, and what a text needs."""
    values: dict[str, Any] = {"now": session.now(), "uuid": made_uuid(session)}
    if text is not None:
        needs = segments(text)
        values |= {"encoding": str(needs.encoding), "segments": str(needs.count)}
    return values


def made_uuid(session: Session) -> str:
    """Return a random UUID."""
    return str(UUID(bytes=session.random(_UUID_BYTES), version=_UUID_VERSION))


def known_values(operation: str) -> set[str]:
    """Return the names of the values that a table of that operation may use."""
    if operation == "send":
        return {*_MESSAGE, *_MADE}
    return {*{**QUESTIONS, **COMMANDS}.get(operation, ()), "now", "uuid"}
