"""Turns a request of the provider into events, by the first of its tables that fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from smsbridge.errors import WebhookUnreadable
from smsbridge.http.exchange import Request
from smsbridge.mapping.path import at
from smsbridge.mapping.rows import first_time, first_word
from smsbridge.mapping.times import parse_time
from smsbridge.mapping.words import meaning_of
from smsbridge.message import ReceivedMessage, SentMessage, Status
from smsbridge.text.encodings import ENCODINGS
from smsbridge.text.word_pattern import matches
from smsbridge.webhooks.document import document_of, refusal
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
from smsbridge.webhooks.table import PATH, REQUEST, Webhook, WebhookKind

MOST_BYTES = 1024 * 1024
WRONG_METHOD = 405
_TOO_LARGE = 413
_NO_ROWS: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a request tells, and the table that says so."""

    table: Webhook
    events: Sequence[Event]


def admit(tables: Sequence[Webhook], request: Request) -> None:
    """Refuse what can't be a webhook: another method, a body of more than `MOST_BYTES`."""
    methods = methods_of(tables)
    if request.method not in methods:
        raise WebhookUnreadable(f"the method is not {' or '.join(methods)}", WRONG_METHOD)
    if len(request.body) > MOST_BYTES:
        raise WebhookUnreadable(f"the body has more than {MOST_BYTES} bytes", _TOO_LARGE)


def methods_of(tables: Sequence[Webhook]) -> list[str]:
    """Return the methods that tables take."""
    return list(dict.fromkeys(method for table in tables for method in table.takes))


def parse(
    tables: Sequence[Webhook], request: Request, zone: tzinfo | None = None
) -> Sequence[Event]:
    """Return the events of a request, which must already be known to be the provider's.

    ``tables``: those of a backend, its ``webhooks``. ``zone``: the zone of times written without
    one, UTC by default. Raises `WebhookUnreadable` for a request that no table fits.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.http.exchange import Request
    >>> from smsbridge.webhooks import parse
    >>> body = b'{"id": "evt-1", "type": "webhook.test", "data": {}}'
    >>> parse(SMSMobileAPI.webhooks, Request(method="POST", url="/sms", body=body))[0].type
    'webhook.test'
    """
    return take(tables, request, zone).events


def take(tables: Sequence[Webhook], request: Request, zone: tzinfo | None = None) -> Taken:
    """Return the events of a request with the table that they were read by, as `parse` does."""
    admit(tables, request)
    documents: dict[tuple[str, str], dict[str, Any] | None] = {}
    unread: WebhookUnreadable | None = None
    path = unquote(urlsplit(request.url).path)
    for table in tables:
        kind = table.body, table.charset
        if request.method not in table.takes:
            continue
        if kind not in documents:
            try:
                documents[kind] = document_of(table, request)
            except WebhookUnreadable as error:  # another table may read another body
                documents[kind], unread = None, unread or error
        words = documents[kind]
        if words is not None and _fits(table, {**words, PATH: path}):
            return Taken(table=table, events=list(_events(table, words, path, zone)))
    if unread is not None:
        raise unread
    raise refusal(f"it is not a known webhook; {'; '.join(_needs(tables))}")


def _fits(table: Webhook, document: Mapping[str, Any]) -> bool:
    if "type" in table.envelope:
        kind = first_word(document, table.envelope["type"])
        if kind is None or (table.types and kind not in table.types):
            return False
    if not all(isinstance(at(document, path), str) for path in table.texts):
        return False
    return table.when.holds(document)


def _needs(tables: Sequence[Webhook]) -> Iterator[str]:
    """Yield what the tables need of a request, for its refusal."""
    for table in tables:
        needs = [*table.texts, *table.when.match]
        if table.envelope:
            needs += [name for name in ("id", "type") if name in table.envelope]
        if needs:
            yield f"{table.kind} needs {', '.join(dict.fromkeys(needs))}"


def _events(
    table: Webhook, document: dict[str, Any], path: str, zone: tzinfo | None
) -> Iterator[Event]:
    parts = table.envelope
    known, kind = (_text(document, parts, name) for name in ("id", "type"))
    data = at(document, _one(parts["data"])) if "data" in parts else document
    lacking = [name for name, one in (("id", known), ("type", kind)) if name in parts and not one]
    if lacking or not isinstance(data, dict):
        raise refusal("it needs an id and a type as text, and data as an object")
    whole = Event(
        id=known,
        type=kind or next(iter(table.types), str(table.kind)),
        version=first_word(document, parts["version"]) if "version" in parts else None,
        created_at=first_time(document, parts.get("created_at", ())),
        occurred_at=first_time(document, parts.get("occurred_at", ())),
        data=data,
    )
    if table.kind is WebhookKind.OTHER:
        yield whole
        return
    for number, row in enumerate(_rows(table, data), 1):
        own = replace(whole, id=f"{known}/{number}") if known and number > 1 else whole
        yield _message(table, own, row, {**row, REQUEST: document, PATH: path}, zone)


def _rows(table: Webhook, data: dict[str, Any]) -> list[dict[str, Any]]:
    if not table.rows:
        return [data]
    found = at(data, table.rows)
    rows = found if isinstance(found, list) else [] if found in _NO_ROWS else [found]
    if any(not isinstance(row, dict) for row in rows):
        raise refusal(f"{table.rows} does not hold rows")
    return rows


def _message(
    table: Webhook,
    whole: Event,
    row: dict[str, Any],
    inside: Mapping[str, Any],
    zone: tzinfo | None,
) -> Event:
    words = {name: _word(table, name, inside) for name in table.row if name != "at"}
    time = _time(table, inside, zone) or whole.occurred_at
    parts = {part.name: getattr(whole, part.name) for part in fields(whole)}
    parts |= {"data": row, "occurred_at": whole.occurred_at or time}
    if table.kind is WebhookKind.ARRIVED:
        _check_words(table, words, "sender")
        message = ReceivedMessage(**words, at=time, answer=row)
        return MessageReceived(**parts, channel=table.channel, message=message)
    _check_words(table, words, "id", "reference")
    word = words.pop("status")
    report = SentMessage(
        **words, status=status_of(table, word), provider_status=word, at=time, answer=row
    )
    return MessageReported(**parts, channel=table.channel, message=report)


def _check_words(table: Webhook, words: Mapping[str, str | None], *names: str) -> None:
    """Refuse a message of no use, unless the request itself says what it is."""
    if "type" not in table.envelope and not any(words.get(name) for name in names):
        raise refusal(f"{table.kind} needs {' or '.join(names)}")


def _word(table: Webhook, name: str, row: Mapping[str, Any]) -> str | None:
    word = first_word(row, table.paths(name))
    if word is None:
        return None
    if escaped := table.option(name, "escaped"):
        try:
            word = unquote_to_bytes(word.replace("+", " ")).decode(ENCODINGS[escaped])
        except UnicodeDecodeError:
            raise refusal(f"{name} is not in {escaped}") from None
    if match := table.option(name, "match"):
        found = matches(match, word, re.DOTALL)
        word = (found[1] or "") if found else ""
    return word or None


def _time(table: Webhook, row: Mapping[str, Any], zone: tzinfo | None) -> datetime | None:
    word, paths = table.option("at", "format"), table.paths("at")
    for path in [paths] if isinstance(paths, str) else paths:
        said = first_word(row, path)
        if said and (found := parse_time(said, zone, word)):
            return found.time
    return None


def status_of(table: Webhook, word: str | None) -> Status:
    """Return what a provider's word for a status means; ``unknown`` if the table doesn't say."""
    if word is None:
        return Status.UNKNOWN
    return meaning_of(table.statuses, word) or table.statuses.get("*", Status.UNKNOWN)


def _text(document: Mapping[str, Any], parts: Mapping[str, Any], name: str) -> str | None:
    """Return a part of the envelope, which must be a text."""
    found = at(document, _one(parts[name])) if name in parts else None
    return found if isinstance(found, str) and found.strip() else None


def _one(paths: Any) -> str:
    return paths if isinstance(paths, str) else str(paths[0])
