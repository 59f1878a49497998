"""The table of what a provider sends to us: messages that came in, reports, and anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal

from smsbridge.errors import ConfigError
from smsbridge.http.exchange import HEADER_RULE, is_header
from smsbridge.mapping.operation import Paths
from smsbridge.mapping.path import steps
from smsbridge.mapping.template import Template
from smsbridge.mapping.template_check import trouble
from smsbridge.mapping.times import form_trouble
from smsbridge.mapping.words import When
from smsbridge.message import Channel, ReceivedMessage, SentMessage, Status
from smsbridge.text.encodings import ENCODINGS
from smsbridge.text.suggest import nearest
from smsbridge.text.word_pattern import compile_pattern
from smsbridge.webhooks.signatures import Signature

REQUEST = "#request"
"""At the beginning of a path in a row: the whole request, outside of the row."""
PATH = "#path"
"""The path of the request's URL, among its words."""
TEXT_PLAIN = "text/plain; charset=utf-8"
METHODS = ("GET", "POST", "PUT")
BODIES = ("json", "form", "xml")
_MOST_STATUS = 299
Cell = Paths | Mapping[str, Paths]
Row = Mapping[str, Cell]
_PARTS = ("id", "type", "version", "created_at", "occurred_at", "data")
_GIVEN = ("answer", "provider_status")  # by the request itself
_OF_A_CELL = {"at": ("path", "format")}
_OF_A_TEXT = ("path", "match", "escaped")


class WebhookKind(StrEnum):
    """What a request of the provider tells: a message came in, a status, or anything else.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> {table.kind.value for table in SMSMobileAPI.webhooks} == {"arrived", "reported", "other"}
    True
    """

    ARRIVED = "arrived"
    REPORTED = "reported"
    OTHER = "other"


ROW_NAMES: Mapping[WebhookKind, tuple[str, ...]] = {
    WebhookKind.ARRIVED: tuple(f.name for f in fields(ReceivedMessage) if f.name not in _GIVEN),
    WebhookKind.REPORTED: tuple(f.name for f in fields(SentMessage) if f.name not in _GIVEN),
    WebhookKind.OTHER: (),
}
"""Our names for the fields of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What the provider wants to hear: by default 200, and nothing.

    ``body``: a template over the names of the row, and ``uuid``; some providers send the text of
    the answer as an SMS. A failure is answered differently.

    >>> from smsbridge.webhooks import WebhookAnswer
    >>> WebhookAnswer(body="ACK/Jasmin").status
    200
    """

    status: int = 200
    body: str = ""
    type: str = TEXT_PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One kind of request that a provider sends; a backend has several.

    ``kind``: what it tells. ``takes``: its methods. ``body``: how its body is read, ``json``,
    ``form`` or ``xml``; the query is read too. ``when``: words that the request has at their
    paths, and ``texts``, paths at which it has a text, which may be empty: of several tables the
    first that fits is taken. ``rows``: the path of a list, of which each item is a message.

    ``row``: our name for a field of the message to its path in the row; of several paths the first
    that has a word, and of two with a blank between both. A path from ``#request`` leads from the
    whole request. Instead of a path: ``{"path": …, "match": …}``, a pattern of which the first
    group is the word; ``{"path": …, "escaped": "iso-8859-1"}``, a text with ``%41`` in it in that
    encoding; for ``at``, ``{"path": …, "format": "%d%m%Y %H:%M"}``.

    ``statuses``: the provider's words, ``"10-12"`` for a range of numbers, ``"*"`` for any other
    word; a word that is not there is ``unknown``. ``channel``: of its messages. ``answer``: what
    the provider wants to hear. ``signed``: how it signs. ``charset``: of a form that names none.

    ``envelope``: our name for a part of an event (``id``, ``type``, ``version``, ``created_at``,
    ``occurred_at``, ``data``) to its path in the request. With ``data``, the row or rows are in it.
    ``types``: the provider's types of its events; if the request doesn't say, the first is the type
    of each. Without ``types`` a request may have any.

    For the mock: ``also``, what it writes beside the row, None for ``null``, and ``headers``:
    templates by path or name.

    >>> from smsbridge.webhooks import Webhook
    >>> table = Webhook(kind="arrived", body="form", row={"sender": "from", "text": "body"})
    >>> table.kind.value, table.takes
    ('arrived', ('POST',))
    """

    kind: WebhookKind
    row: Row = field(default_factory=dict)
    takes: Sequence[str] = ("POST",)
    body: Literal["json", "form", "xml"] = "json"
    when: When = field(default_factory=lambda: When({}))
    texts: Sequence[str] = ()
    rows: str = ""
    statuses: Mapping[str, Status] = field(default_factory=dict)
    channel: Channel = Channel.SMS
    answer: WebhookAnswer = field(default_factory=WebhookAnswer)
    signed: Signature | None = None
    charset: str = ""
    envelope: Mapping[str, Paths] = field(default_factory=dict)
    types: Sequence[str] = ()
    also: Mapping[str, Template | None] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what could not be read."""
        object.__setattr__(self, "kind", WebhookKind(self.kind))
        for name, given, known in (("takes", self.takes, METHODS), ("body", [self.body], BODIES)):
            for one in given:
                if one not in known:
                    self._fail(f"{one!r}: give {' or '.join(known)}", name)
        self._check_paths("rows", [self.rows] if self.rows else [])
        self._check_paths("texts", self.texts)
        for name, paths in self.envelope.items():
            self._check_name("envelope", name, _PARTS)
            self._check_paths("envelope", paths, name)
        for name, cell in self.row.items():
            self._check_name("row", name, ROW_NAMES[self.kind])
            self._check_cell(name, cell)
        self._check_needs()
        if self.charset and self.charset not in ENCODINGS:
            why = f"{self.charset!r} is not known; {nearest(self.charset, ENCODINGS)}"
            self._fail(why, "charset")
        self._check_answer()

    def paths(self, name: str) -> Paths:
        """Return the paths of our name in a row; none if it has no such name."""
        cell = self.row.get(name, ())
        return cell["path"] if isinstance(cell, Mapping) else cell

    def option(self, name: str, key: str) -> str:
        """Return what a cell says beside its path, or an empty text."""
        cell = self.row.get(name)
        found = cell.get(key, "") if isinstance(cell, Mapping) else ""
        return found if isinstance(found, str) else ""

    def _check_needs(self) -> None:
        if self.kind is WebhookKind.ARRIVED:
            lacking = [name for name in ("sender", "text") if name not in self.row]
        elif self.kind is WebhookKind.REPORTED:
            lacking = [] if {"id", "reference"} & self.row.keys() else ["id, or reference"]
            lacking += [] if "status" in self.row else ["status"]
        else:
            lacking = []
        if lacking:
            self._fail(f"give the path of {' and '.join(lacking)}", "row")

    def _check_cell(self, name: str, cell: Cell) -> None:
        if not isinstance(cell, Mapping):
            self._check_paths("row", cell, name)
            return
        known = _OF_A_CELL.get(name, _OF_A_TEXT)
        for key in cell:
            self._check_name("row", key, known, name)
        if "path" not in cell:
            self._fail("path is missing", "row", name)
        self._check_paths("row", cell["path"], name, "path")
        form, match, escaped = (self.option(name, key) for key in ("format", "match", "escaped"))
        if form and (why := form_trouble(form)):
            self._fail(why, "row", name, "format")
        if match:
            try:
                groups = compile_pattern(match, re.DOTALL).groups
            except ValueError as error:
                self._fail(f"{match!r} {error}", "row", name, "match")
            if groups != 1:
                self._fail(f"{match!r}: give a pattern with one group", "row", name, "match")
        if escaped and escaped not in ENCODINGS:
            why = f"{escaped!r} is not known; {nearest(escaped, ENCODINGS)}"
            self._fail(why, "row", name, "escaped")

    def _check_answer(self) -> None:
        if not 200 <= self.answer.status <= _MOST_STATUS:  # noqa: PLR2004  (2xx)
            self._fail(f"{self.answer.status}: give a status from 200 to 299", "answer", "status")
        if not is_header(self.answer.type):
            self._fail(HEADER_RULE, "answer", "type")
        if why := trouble(self.answer.body, {*self.row, "uuid"}):
            self._fail(why, "answer", "body")

    def _check_name(self, where: str, name: str, known: Sequence[str], *more: str) -> None:
        if name not in known:
            self._fail(f"{name!r} is not read; {nearest(name, known)}", where, *more)

    def _check_paths(self, where: str, paths: Any, *more: str) -> None:
        several = [paths] if isinstance(paths, str) else paths
        if not isinstance(several, Sequence):
            self._fail("give a path, or a list of paths", where, *more)
        for path in several:
            try:
                [steps(one) for one in path.split(" ")]
            except (ValueError, AttributeError) as error:
                self._fail(str(error), where, *more)

    def _fail(self, why: str, *key: str) -> None:
        raise ConfigError(f"{'.'.join((self.kind, *key))}: {why}", (self.kind, *key))
