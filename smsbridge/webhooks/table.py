"""The table of a provider's webhooks, and how their bodies become events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any

from smsbridge.errors import ConfigError, WebhookUnreadable
from smsbridge.http.exchange import Request
from smsbridge.mapping.operation import Paths
from smsbridge.mapping.path import at, steps
from smsbridge.mapping.rows import first_time, first_word
from smsbridge.mapping.template import Template
from smsbridge.mapping.words import word_at
from smsbridge.message import Channel, ReceivedMessage, SentMessage, Status
from smsbridge.text.json_document import BadJSON, is_shallow, read_json
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
from smsbridge.webhooks.signatures import Signature

MOST_BYTES = 1024 * 1024
_MOST_DEEP = 32
WRONG_METHOD = 405
_UNREADABLE, _TOO_LARGE = 400, 413
Row = Mapping[str, Paths]
_PARTS = ("id", "type", "version", "created_at", "occurred_at", "data")
_GIVEN = ("answer", "status", "provider_status")  # by the event itself
_RECEIVED = tuple(one.name for one in fields(ReceivedMessage) if one.name not in _GIVEN)
_REPORTED = tuple(one.name for one in fields(SentMessage) if one.name not in _GIVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A body without envelope, id and signature: one message that came in, as flat texts.

    ``type``: the type of its event. ``fields``: those that it has, as templates of ``id``,
    ``sender``, ``text`` and ``now``. ``row``: as in `Webhook`, with ``added``, when the provider
    wrote it down.

    >>> from smsbridge.webhooks import Unsigned
    >>> Unsigned(type="in", fields={"from": "{sender}"}, row={"sender": "from"}).type
    'in'
    """

    type: str
    fields: Mapping[str, Template]
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The table of a provider's webhooks.

    ``envelope``: our name for a part (``id``, ``type``, ``version``, ``created_at``,
    ``occurred_at``, ``data``) to its path in the body. ``id`` and ``type`` are required; without
    ``data`` the whole body is the data. ``received`` and ``reported``: types of
    events about messages, with what they mean; ``other``: types that stay plain events.
    ``received_row``, ``reported_row``: our name for a field of the message to its path in the
    data; of several paths the first that has a word, and of two with a blank between both.
    ``signature``: how it signs; ``unsigned``: a body that it doesn't sign.

    For the mock: ``headers``, templates of ``type``, ``id`` and ``delivery``; ``version``, the word
    that it writes; ``blank``, keys of a received message's data that are null.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> SMSMobileAPI.webhook.types[:2]
    ('sms.received', 'whatsapp.received')
    """

    envelope: Mapping[str, str]
    received: Mapping[str, Channel]
    received_row: Row
    reported: Mapping[str, tuple[Channel, Status]] = field(default_factory=dict)
    reported_row: Row = field(default_factory=dict)
    other: Sequence[str] = ()
    signature: Signature | None = None
    unsigned: Unsigned | None = None
    headers: Mapping[str, Template] = field(default_factory=dict)
    version: str = "1"
    blank: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be read."""
        _check_names(self.envelope, ("envelope",), _PARTS)
        for name in ("id", "type"):
            if name not in self.envelope:
                where = ("webhook", "envelope", name)
                raise ConfigError(f"{'.'.join(where)}: give its path in the body", where)
        _check_names(self.received_row, ("received_row",), _RECEIVED)
        _check_names(self.reported_row, ("reported_row",), _REPORTED)
        if not self.types:
            raise ConfigError("webhook.received: give a type of event, or reported, or other")

    @property
    def types(self) -> tuple[str, ...]:
        """The types of events that are known."""
        return (*self.received, *self.reported, *self.other)


def _check_names(given: Row, where: tuple[str, ...], known: Sequence[str]) -> None:
    """Refuse a name that nothing reads, and what is not a path."""
    for name, paths in given.items():
        place = ("webhook", *where, name)
        if name not in known:
            raise ConfigError(
                f"{'.'.join(place[:-1])}: {name!r} is not read; {nearest(name, known)}", place
            )
        for path in [paths] if isinstance(paths, str) else paths:
            try:
                [steps(one) for one in path.split(" ")]
            except ValueError as error:
                raise ConfigError(f"{'.'.join(place)}: {error}", place) from None


def admit(request: Request) -> None:
    """Refuse what can't be a webhook: any method but POST, a body of more than `MOST_BYTES`."""
    if request.method != "POST":
        raise WebhookUnreadable("the method is not POST", WRONG_METHOD)
    if len(request.body) > MOST_BYTES:
        raise WebhookUnreadable(f"the body has more than {MOST_BYTES} bytes", _TOO_LARGE)


def parse(webhook: Webhook, body: bytes, content_type: str = "") -> Event:
    """Return the event of a body. That it is the provider's must have been checked before.

    ``content_type``: that of the request, whose charset counts where the body is not Unicode. A
    type that the table doesn't know is a plain `Event`. Raises `WebhookUnreadable`.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import parse
    >>> parse(SMSMobileAPI.webhook, b'{"id": "evt-1", "type": "webhook.test", "data": {}}').type
    'webhook.test'
    """
    document = _document(body, content_type)
    parts = webhook.envelope
    plain = webhook.unsigned
    marks = {steps(parts[name])[0] for name in ("type", "data") if name in parts}
    if plain is not None and not marks & document.keys():
        return _read_unsigned(plain, webhook, document)
    known, kind = (_word(at(document, parts[name])) for name in ("id", "type"))
    data = at(document, parts["data"]) if "data" in parts else document
    if known is None or kind is None or not isinstance(data, dict):
        raise _refusal("it needs an id and a type as text, and data as an object")
    event = Event(
        id=known,
        type=kind,
        version=word_at(document, parts["version"]) if "version" in parts else None,
        created_at=first_time(document, parts.get("created_at", ())),
        occurred_at=first_time(document, parts.get("occurred_at", ())),
        data=data,
    )
    if kind in webhook.received:
        return _read_message(event, webhook.received[kind], webhook.received_row)
    if kind in webhook.reported:
        channel, status = webhook.reported[kind]
        words = _words(webhook.reported_row, data)
        time = first_time(data, webhook.reported_row.get("at", ())) or event.occurred_at
        sent = SentMessage(**words, status=status, provider_status=kind, at=time, answer=data)
        return MessageReported(**_parts(event), channel=channel, message=sent)
    return event


def _read_unsigned(plain: Unsigned, webhook: Webhook, document: dict[str, Any]) -> Event:
    if not all(isinstance(document.get(name), str) for name in plain.fields):
        raise _refusal(f"it needs {', '.join(plain.fields)} as texts")
    row = {name: paths for name, paths in plain.row.items() if name != "added"}
    added = first_time(document, plain.row.get("added", ()))
    time = first_time(document, row.get("at", ())) or added
    event = Event(id=None, type=plain.type, created_at=added, occurred_at=time, data=document)
    return _read_message(event, webhook.received[plain.type], row)


def _read_message(event: Event, channel: Channel, row: Row) -> MessageReceived:
    time = first_time(event.data, row.get("at", ())) or event.occurred_at
    message = ReceivedMessage(**_words(row, event.data), at=time, answer=event.data)
    return MessageReceived(**_parts(event), channel=channel, message=message)


def _parts(event: Event) -> dict[str, Any]:
    return {part.name: getattr(event, part.name) for part in fields(event)}


def _words(row: Row, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: first_word(data, paths) for name, paths in row.items() if name != "at"}


def _document(body: bytes, content_type: str) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise _refusal(f"it has more than {MOST_BYTES} bytes")
    document = None
    with suppress(BadJSON):
        document = read_json(body, content_type)
    if not isinstance(document, dict):
        raise _refusal("it is not a JSON object with each key once, in a charset that it names")
    if not is_shallow(document, _MOST_DEEP):
        raise _refusal(f"it is nested more than {_MOST_DEEP} deep")
    return document


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _refusal(why: str) -> WebhookUnreadable:
    return WebhookUnreadable(f"the body can't be read: {why}", _UNREADABLE)
