"""What a provider can do over a protocol, and what it can carry: derived from its tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from smsbridge.errors import Reason
from smsbridge.mapping.path import LIST, STATUS, nest, steps
from smsbridge.mapping.route import compile_address
from smsbridge.mapping.template import (
    RECIPIENTS,
    Kept,
    Template,
    Values,
    compile_all,
    compile_needs,
    compile_template,
    names,
    places_of,
    places_of_value,
    words,
)
from smsbridge.mapping.template_check import route_trouble, trouble
from smsbridge.mapping.times import form_trouble
from smsbridge.mapping.words import (
    REFUSING,
    When,
    Words,
    mark_trouble,
    status_trouble,
    untaken_trouble,
)

if TYPE_CHECKING:
    from smsbridge.mapping.auth import Auth
    from smsbridge.mapping.codec import Codec, Spellings
    from smsbridge.message import Status

MADE = ("now", "uuid", "encoding", "segments")
_COUNTED = frozenset({"encoding", "segments"})
_NO_NEED = {"reference", "callback", "channels", RECIPIENTS, *MADE}  # others have own rules
SENT_ROW = ("id", "recipient", "sender", "text", "status", "at", "error", "reference")
RECEIVED_ROW = ("id", "sender", "recipient", "text", "at", "device")
RECIPIENT_ROW = ("recipient",)
MOST_RECIPIENTS = 1000
Paths = str | Sequence[str]
_LATER = {STATUS: ("503",)}  # for a question, which sends nothing: it may be asked later


class Marks(NamedTuple):
    """The words of an answer to a send, those to a question, and all by their paths."""

    words: Words
    later: Words
    spellings: Spellings


class Plan:
    """What can be said of a table before any value is known: compiled templates, what it can carry.

    A send calls it; `explain`, errors and the mock read the table itself.
    """

    def __init__(self, table: _Table) -> None:
        """Compile a table that was checked."""
        templates = list(table.templates())
        self.address = compile_address(table.call)
        self.fields = compile_all(table.fields)
        self.headers = compile_all(getattr(table, "headers", {}))
        self.has_headers = bool(getattr(table, "headers", {}))
        self.needs = compile_needs([value for _, value in templates])
        self.carries = frozenset(name for _, value in templates for name in names(value))
        self.places = _places(table)
        self.places_carry = {path: frozenset(names(one)) for path, one in self.places.items()}
        self.made = self.carries & set(MADE)
        several = {place for _, value in templates for place in places_of_value(value, RECIPIENTS)}
        self.recipient_forms = [compile_template(place) for place in sorted(several)]
        known = (word for _, value in templates for word in words(value, "channels"))
        self.channels = frozenset({"sms", *known} - {"*"})
        self._table = table
        self._marks: tuple[Mapping[str, Status], Marks] | None = None

    def marks(self, statuses: Mapping[str, Status]) -> Marks:
        """Return what the table looks for in an answer, with the statuses of its backend."""
        if self._marks is None or self._marks[0] is not statuses:
            table: Any = self._table
            words = Words(
                accepted=table.taken,
                rejected=table.rejected,
                statuses=statuses,
                not_sent=getattr(table, "not_sent", {}),
            )
            later = replace(words, not_sent=_LATER)
            self._marks = statuses, Marks(words, later, spellings(table, statuses))
        return self._marks[1]


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
    _plan: Kept[Plan] = field(init=False, repr=False, compare=False, default_factory=Kept)

    @property
    def plan(self) -> Plan:
        """What can be said of the table before any value is known, made once."""
        if not self._plan:
            self._plan.append(Plan(self))
        return self._plan[0]

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
            whole = steps(path, form=True)
            if whole[0] == LIST and (len(whole) == 1 or not isinstance(whole[1], int)):
                raise ValueError(f"{self.call}: {path} needs an index, such as {LIST}[0].to")
            if any(other.startswith((f"{path}.", f"{path}[")) for other in self.fields):
                raise ValueError(f"{self.call}: {path} is a field, and also holds other fields")
        try:
            nest(dict.fromkeys(self.fields))
        except ValueError as error:
            raise ValueError(f"{self.call}: {error}") from None

    def templates(self) -> Iterator[tuple[str, Template]]:
        """Yield every template, with the path of its field or the name of its header."""
        yield "", self.call
        yield from self.fields.items()
        yield from getattr(self, "headers", {}).items()

    def places(self) -> Mapping[str, Template]:
        """Return the fields with those that a route has in its path and its query."""
        return self.plan.places

    def carries(self) -> frozenset[str]:
        """Return the names of the values that it can carry."""
        return self.plan.carries

    def fill(self, values: Values) -> dict[str, Any]:
        """Return the provider's fields for values; those without a value are left out."""
        return self.plan.fields(values)


def _places(table: _Table) -> Mapping[str, Template]:
    route = urlsplit(table.call.partition(" ")[2])
    captured = {f"{{{place[1]}}}": place[0] for place in places_of(route.path)}
    return {**captured, **dict(parse_qsl(route.query)), **table.fields}


@dataclass(frozen=True, slots=True)
class Operation(_Table):
    """A call that sends a message: what it says, and what the answer means.

    ``not_sent``: path to the words that say that the message was not taken, and may be sent again.
    ``codec``: that of this call, where it is not that of the protocol.

    One call sends to several where a field has ``{recipients}``, to ``most`` of them (2 to 1000).
    ``rows`` is then the path of the rows of the answer, and ``row`` says where a row has its
    ``recipient``; what is ``accepted``, ``rejected`` and ``not_sent`` is then looked for in a row.

    >>> operation = Operation(
    ...     "POST /v1/messages",
    ...     fields={"to": "{recipient}", "text": "{text}"},
    ...     accepted=When({"state": "QUEUED"}, id="id"),
    ...     rejected={"code": {"12": Reason.RECIPIENT}},
    ... )
    >>> sorted(operation.carries())
    ['recipient', 'text']
    """

    accepted: When
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    not_sent: Mapping[str, Collection[str]] = field(default_factory=dict)
    codec: Codec | None = None
    rows: str = ""
    row: Mapping[str, Paths] = field(default_factory=dict)
    most: int = 1

    @property
    def taken(self) -> When:
        """What the answer to a call that was taken has."""
        return self.accepted

    def paths(self, name: str) -> tuple[str, ...]:
        """Return the paths of our name in a row, as `Question.paths` does."""
        return _paths(self.row[name])

    def __post_init__(self) -> None:
        """Refuse a table that could not be sent, or that takes every answer for an acceptance."""
        self._check()
        if why := mark_trouble(self.accepted.match):
            raise ValueError(f"When: {why}")
        if why := untaken_trouble(self.not_sent, self.accepted, self.rejected):
            raise ValueError(f"{self.call}, not_sent, {why}")

    def channels(self) -> frozenset[str]:
        """Return the sets of channels that it can carry, as words: ``sms``, ``sms+whatsapp``."""
        return self.plan.channels

    def counts(self) -> bool:
        """Return whether it needs to know how many SMS a text takes, or in which encoding."""
        return bool(self.plan.made & _COUNTED)

    def lacks(self, values: Values) -> list[str]:
        """Return what a message has that this operation would leave out."""
        used = self.plan.needs(values)
        used |= {"recipient"} if RECIPIENTS in used else set()
        lacking = [name for name in values if name not in used and name not in _NO_NEED]
        if values["channels"] not in self.plan.channels:
            lacking.append("channels")
        return lacking


@dataclass(frozen=True, slots=True)
class Question(_Table):
    """A call that only reads: where a message stands, what was sent, what was received.

    ``rows``: the path of the rows of the answer; empty if the answer is a single row. ``row``: our
    name (one of ``SENT_ROW`` or ``RECEIVED_ROW``) to its path in a row; of several paths the first
    that has a word is used; two paths with a blank between give both words (``"date hour"``).
    ``answered``: what an answer must have; ``rejected`` as in `Operation`. ``statuses``: words for
    statuses, where they mean something else than in the rest of the backend. ``failed``: a row with
    any of these is for a message that was not delivered. ``refused``: a row with any of these is
    for a message that the provider did not take at all. ``pages``: how the next page of the log is
    asked for, ``before`` the ``id`` or the time (``at``) of the oldest row. ``time_format``: how
    times are written, if that can't be recognised: ``epoch``, ``epoch-ms`` or a format of
    ``strptime``. ``codec`` as in `Operation`.

    >>> question = Question("GET /messages/{id}", {}, row={"status": "state", "at": "updated"})
    >>> sorted(question.carries())
    ['id']
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
    codec: Codec | None = None

    @property
    def taken(self) -> When:
        """What the answer to a call that was taken has."""
        return self.answered

    def __post_init__(self) -> None:
        """Refuse a table that can't be used to ask."""
        self._check()
        names = dict.fromkeys((*SENT_ROW, *RECEIVED_ROW))
        if not self.row or (unknown := sorted(self.row.keys() - names.keys())):
            why = f"{unknown[0]!r} is not one of" if self.row else "name one or more of"
            raise ValueError(f"{self.call}, row: {why} {', '.join(names)}")
        for path in (self.rows or "rows", *(p for n in self.row for p in self.paths(n))):
            for part in path.split(" "):
                steps(part)
        if self.pages not in ("", "id", "at"):
            raise ValueError(f"{self.call}, pages: {self.pages!r} is neither id nor at")
        if self.time_format and (odd := form_trouble(self.time_format)):
            raise ValueError(f"{self.call}, time_format: {odd}")

    def paths(self, name: str) -> tuple[str, ...]:
        """Return the paths of our name in a row; two paths with a blank between form one value."""
        return _paths(self.row[name])


def _paths(given: Paths) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def spellings(table: Operation | Question, statuses: Mapping[str, Status]) -> Spellings:
    """Return the words that a table looks for in an answer, by path."""
    found: dict[str, list[str]] = {}

    def add(path: str, words: Iterable[str]) -> None:
        found.setdefault(path, []).extend(words)

    for path, word in table.taken.pairs():
        add(path, [word])
    for path, reasons in table.rejected.items():
        add(path, reasons)
    if isinstance(table, Operation):
        if table.accepted.status:
            add(table.accepted.status, statuses)
        return found
    prefix = f"{table.rows}." if table.rows else ""
    for path, word in (*table.failed.pairs(), *table.refused.pairs()):
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
"""Commands on a message that the provider has, by name, with the values that a caller may give."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A codec and an auth, and the operations that the provider has for the pair.

    >>> fields = {"to": "{recipient}", "text": "{text}"}
    >>> send = Operation("POST /send", fields, When({"error": "0"}))
    >>> protocol = Protocol(Rest(), Fields({"apikey": "{api_key}"}), send=send)
    >>> list(protocol.operations())
    ['send']
    """

    codec: Codec
    auth: Auth
    send: Operation | None = None
    status: Question | None = None
    received: Question | None = None
    sent: Question | None = None
    resend: Operation | None = None
    delete: Operation | None = None

    def codec_of(self, table: Operation | Question) -> Codec:
        """Return the codec of a call: its own, or that of all."""
        return table.codec or self.codec

    def operations(self) -> Mapping[str, Operation | Question]:
        """Return the operations that are there, by name."""
        found = {name: getattr(self, name) for name in ("send", *QUESTIONS, *COMMANDS)}
        return {name: table for name, table in found.items() if table is not None}
