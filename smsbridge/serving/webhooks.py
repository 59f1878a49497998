"""Builds webhooks as a provider sends them, for the mock and for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request
from smsbridge.mapping.filters import TIME_FILTERS, text
from smsbridge.mapping.path import nest
from smsbridge.mapping.template import render_all
from smsbridge.mapping.words import ends_of, pattern_of, words_of
from smsbridge.message import Channel, Status
from smsbridge.serving.webhook_request import add_signatures, first_path, write_request
from smsbridge.text.encodings import ENCODINGS
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.signatures import SECRET
from smsbridge.webhooks.table import PATH, REQUEST, Webhook, WebhookKind

_STEP = f"{REQUEST}."
Forms = Mapping[str, Sequence[tuple[Webhook, str]]]


def webhook_types(tables: Sequence[Webhook]) -> tuple[str, ...]:
    """Return a provider's event types, by its own names or, if it has none, ours.

    Ours are ``arrived`` and the statuses that reports carry.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.serving.webhooks import webhook_types
    >>> webhook_types(SMSMobileAPI.webhooks)[:2]
    ('sms.received', 'whatsapp.received')
    """
    return tuple(_forms(tables))


def type_of_status(tables: Sequence[Webhook], channel: Channel, status: Status) -> str | None:
    """Return the type of the event that reports a status; None if the provider never does."""
    for table in tables:
        if table.kind is WebhookKind.REPORTED and table.channel is channel:
            for kind, word in _types(table):
                if table.statuses.get(word) is status:
                    return kind
    return None


def type_of_message(tables: Sequence[Webhook], channel: Channel) -> str | None:
    """Return the type of the event for an incoming message, or None."""
    found = (one for one in tables if one.kind is WebhookKind.ARRIVED and one.channel is channel)
    return next((kind for table in found for kind, _ in _types(table)), None)


def _forms(tables: Sequence[Webhook]) -> Forms:
    """Return the tables that write an event type, each with its status word."""
    found: dict[str, list[tuple[Webhook, str]]] = {}
    for table in tables:
        for kind, word in _types(table):
            if table not in [known for known, _ in found.get(kind, [])]:
                found.setdefault(kind, []).append((table, word))
    return found


def _types(table: Webhook) -> Iterator[tuple[str, str]]:
    """Yield the event types that a table writes, each with its status word."""
    if table.types:
        yield from ((kind, kind) for kind in table.types)
    elif table.kind is WebhookKind.ARRIVED:
        yield str(table.kind), ""
    elif table.kind is WebhookKind.REPORTED and first_path(table.paths("status")) != PATH:
        for word, status in table.statuses.items():
            yield str(status), str(status) if word == "*" else ends_of(word)[0]


def table_of_type(
    tables: Sequence[Webhook], kind: str, *, with_id: bool = True
) -> tuple[Webhook, str]:
    """Return the table that writes an event type, and its status word.

    ``with_id``: False for a form without an event id. Raises `ConfigError`.
    """
    forms = _forms(tables)
    if kind not in forms:
        raise ConfigError(f"{kind!r} is not a type of event; {nearest(kind, forms)}")
    for table, word in forms[kind]:
        if with_id or "id" not in table.envelope:
            return table, word
    plain = [one for one, known in forms.items() if any("id" not in t.envelope for t, _ in known)]
    raise ConfigError(f"{kind!r} has no unsigned form; {nearest(kind, plain)}")


def event_of(
    tables: Sequence[Webhook],
    kind: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    event_id: str | None,
) -> Event:
    """Return the event that the provider would send for a message, by a table read backwards.

    ``values``: the message's ``id``, ``sender``, ``recipient``, ``text``, ``device``, ``error`` and
    ``reference``, if it has them, and credentials that the provider includes. ``event_id``: None
    for a form without one. Raises `ConfigError` for a type that is in no table.

    >>> from datetime import UTC, datetime
    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.serving.webhooks import event_of
    >>> now = datetime(2027, 1, 31, 9, tzinfo=UTC)
    >>> values = {"id": "7", "sender": "+447700900123", "text": "Yes"}
    >>> event = event_of(SMSMobileAPI.webhooks, "sms.received", values, now=now, event_id="evt-1")
    >>> event.id, event.type
    ('evt-1', 'sms.received')
    """
    table, word = table_of_type(tables, kind, with_id=event_id is not None)
    return Event(
        id=event_id if "id" in table.envelope else None,
        type=kind,
        created_at=now,
        occurred_at=now,
        version=_version(table),
        data=_data(table, values, word, now),
    )


def _version(table: Webhook) -> str | None:
    path = table.envelope.get("version")
    found = table.also.get(path) if isinstance(path, str) else None
    return found if isinstance(found, str) else None


def _data(table: Webhook, values: Mapping[str, Any], word: str, now: datetime) -> dict[str, Any]:
    """Return the row of a message; whatever is outside it is under ``#request``."""
    given = {**values, "status": word, "at": _time(table, now)}
    elsewhere = ("", PATH, f"{_STEP}{first_path(table.envelope.get('type', ''))}")
    whole = first_path(table.envelope.get("data", ""))
    marks = {path: words_of(one)[0] for path, one in table.when.match.items()}
    said = {path: one for path, one in marks.items() if pattern_of(one) is None}
    said = {_in_row(table, path): one for path, one in said.items() if one != "*"}
    for name in table.row:
        path = first_path(table.paths(name))
        if given.get(name) is not None and path not in elsewhere:
            said[path] = _write(table, name, given[name])
    blank = {path: None for path, one in table.also.items() if one is None}
    also = render_all(
        {path: one for path, one in table.also.items() if one is not None},
        {**values, "now": now, "status": word},
    )
    inside = f"{whole}."
    also.pop(first_path(table.envelope.get("version", "")), None)  # the event's own
    for path, one in (*blank.items(), *also.items()):
        place = path.removeprefix(inside) if whole and path.startswith(inside) else path
        outside = place == path and (whole or table.rows)
        said.setdefault(f"{_STEP}{path}" if outside else place, one)
    own = {path: one for path, one in said.items() if not path.startswith(_STEP)}
    more = {path.removeprefix(_STEP): one for path, one in said.items() if path.startswith(_STEP)}
    if not whole and not table.rows:
        return _nest(table, more | own)
    return _nest(table, own) | ({REQUEST: more} if more else {})


def _in_row(table: Webhook, path: str) -> str:
    """Return a path of the whole request as seen from a row."""
    whole = first_path(table.envelope.get("data", ""))
    row = ".".join(filter(None, (whole, f"{table.rows}[0]" if table.rows else "")))
    inside = bool(row) and path.startswith(f"{row}.")
    return path.removeprefix(f"{row}.") if inside else f"{_STEP}{path}"


def _nest(table: Webhook, said: Mapping[str, Any]) -> dict[str, Any]:
    return dict(said) if table.body == "form" else nest(said)


def _time(table: Webhook, now: datetime) -> str:
    form = table.option("at", "format")
    if form in TIME_FILTERS:
        return TIME_FILTERS[form](now)
    return now.strftime(form) if form else TIME_FILTERS["iso"](now)


def _write(table: Webhook, name: str, word: Any) -> Any:
    said = text(word)
    if match := table.option(name, "match"):
        said = _before_group(match) + said
    if escaped := table.option(name, "escaped"):
        return quote(said.encode(ENCODINGS[escaped]))
    return said


def _before_group(match: str) -> str:
    """Return the plain text before the group in a pattern."""
    before = match.partition("(")[0].replace("\\", "")
    return before if before.replace(":", "").replace("-", "").isalnum() else ""


def outgoing(  # noqa: PLR0913  (what to send, where, how signed, and when)
    tables: Sequence[Webhook],
    event: Event,
    url: str,
    *,
    secrets: Sequence[Secret] = (),
    credentials: Mapping[str, str] | None = None,
    now: datetime,
    delivery: str = "",
) -> Request:
    """Return the request with which the provider delivers an event.

    ``secrets``: none, one, or two during rotation, the old one first. ``credentials``: the
    backend's, with which some providers sign. ``delivery`` identifies this try; by default the
    event's id. A signature is left out if its secret or credential isn't given.

    >>> from datetime import UTC, datetime
    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.serving.webhooks import event_of, outgoing
    >>> tables, now = SMSMobileAPI.webhooks, datetime(2027, 1, 31, 9, tzinfo=UTC)
    >>> event = event_of(tables, "sms.received", {"text": "Yes"}, now=now, event_id="evt-1")
    >>> request = outgoing(tables, event, "https://app.example/sms", now=now)
    >>> request.method, request.url
    ('POST', 'https://app.example/sms')
    """
    table = _table_of_event(tables, event)
    if secrets and (table.signed is None or SECRET not in table.signed.names):
        raise ConfigError(f"secrets: {event.type} is not signed with one here")
    values = {
        "id": event.id,
        "type": event.type,
        "version": event.version,
        "created_at": _iso(event.created_at),
        "occurred_at": _iso(event.occurred_at),
    }
    request = write_request(table, event, values, url)
    more = render_all(table.headers, {**values, "delivery": delivery or event.id})
    request = replace(request, headers={**request.headers, **more})
    return add_signatures(table, request, secrets, credentials or {}, now)


def _table_of_event(tables: Sequence[Webhook], event: Event) -> Webhook:
    """Return the table that writes an event: else one that takes any type."""
    if event.type not in _forms(tables):
        for table in tables:
            if "type" in table.envelope and not table.types:
                return table
    return table_of_type(tables, event.type, with_id=event.id is not None)[0]


def _iso(time: datetime | None) -> str | None:
    return None if time is None else TIME_FILTERS["iso"](time)
