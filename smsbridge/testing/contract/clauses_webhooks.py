"""The clause about webhooks: what the provider sends is read, and what is forged is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.errors import WebhookRefused, WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.serving.webhooks import event_of, outgoing
from smsbridge.testing.contract.clause import clause, describe_error
from smsbridge.testing.contract.ruling import DoesNotApply, Finding
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.events import MessageReceived, MessageReported
from smsbridge.webhooks.receiver import Receiver
from smsbridge.webhooks.table import Webhook

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_SECRET, _OTHER = Secret("c4nary-webhook-93f1"), Secret("another-webhook-0000")
_PATH = "/hooks/c4nary-93f1"
_URL = f"https://app.example{_PATH}"
_NEEDED = ("sender", "text")
_SAID: Mapping[str, str] = {
    "id": "m-7",
    "sender": "+447700900123",
    "recipient": "+12025550123",
    "text": "Olá 👍 <b>&</b>",
}


@clause(14, "webhooks are read, and forged ones are not", each_protocol=False)
def check_webhooks(subject: Subject) -> Iterator[Finding]:
    """Yield the events that are read as others or not at all, and the forgeries that are taken."""
    table = getattr(subject.backend, "webhook", None)
    if not isinstance(table, Webhook):
        raise DoesNotApply("it declares no webhook")
    for kind in table.types:
        yield from _judge_event(table, kind, subject.began)
    kind = next(iter(table.types))
    real = _request_of(table, kind, subject.began)
    for name, forged, at in _forgeries(table, real, kind, subject.began):
        yield from _judge_forgery(table, name, forged, at)
    if table.unsigned:
        yield from _judge_without_signature(table, subject.began)


def _receiver(table: Webhook, now: datetime) -> Receiver:
    if table.signature:
        return Receiver(table, secrets=[_SECRET], now=lambda: now)
    return Receiver(table, path=_PATH, now=lambda: now)


def _request_of(table: Webhook, kind: str, now: datetime) -> Request:
    event = event_of(table, kind, _SAID, now=now, event_id="evt-1")
    secrets = [_SECRET] if table.signature else []
    return outgoing(table, event, _URL, secrets=secrets, now=now)


def _judge_event(table: Webhook, kind: str, now: datetime) -> Iterator[str]:
    try:
        read = _receiver(table, now).read(_request_of(table, kind, now))
    except Exception as error:  # noqa: BLE001  (whatever it is, the event was not read)
        yield f"{kind}: it is not read: {describe_error(error)}"
        return
    if (read.id, read.type) != ("evt-1", kind):
        yield f"{kind}: its id or type is another one"
    wanted: Any = MessageReceived if kind in table.received else None
    wanted = MessageReported if kind in table.reported else wanted
    if wanted is not None and not isinstance(read, wanted):
        yield f"{kind}: it is a {type(read).__name__}, not a {wanted.__name__}"
    elif isinstance(read, MessageReceived | MessageReported):
        row = table.received_row if kind in table.received else table.reported_row
        for name in _NEEDED if kind in table.received else ():
            if name not in row:
                yield f"{kind}: no {name} is read"
        for name in row.keys() & _SAID.keys():
            if getattr(read.message, name) != _SAID[name]:
                yield f"{kind}: its {name} is another one"
        if isinstance(read, MessageReported) and (
            (read.channel, read.message.status) != table.reported[kind]
        ):
            yield f"{kind}: its channel or status is another one"


def _forgeries(
    table: Webhook, real: Request, kind: str, now: datetime
) -> Iterator[tuple[str, Request, datetime]]:
    """Yield requests that the provider did not send, each with a name and when it comes."""
    yield "a body that was changed", replace(real, body=real.body + b" "), now
    if table.signature is None:
        yield "another path", replace(real, url="https://app.example/hooks"), now
        return
    event = event_of(table, kind, _SAID, now=now, event_id="evt-1")
    another = outgoing(table, event, _URL, secrets=[_OTHER], now=now)
    yield "a signature with another secret", another, now
    yield "one of yesterday that is sent again", real, now + timedelta(days=1)
    yield "one from the future", real, now - timedelta(days=1)
    for header in (table.signature.header, table.signature.timestamp):
        left = {name: value for name, value in real.headers.items() if name != header}
        yield f"one without {header}", replace(real, headers=left), now
        yield f"one with an empty {header}", replace(real, headers={**left, header: ""}), now


def _judge_forgery(table: Webhook, name: str, forged: Request, at: datetime) -> Iterator[str]:
    if table.signature is None and name == "a body that was changed":
        return  # nothing shows it where the provider doesn't sign
    try:
        _receiver(table, at).read(forged)
    except WebhookUntrusted:
        return
    except WebhookRefused as error:
        yield f"{name}: it is refused with HTTP {error.status}, only after its body was read"
    else:
        yield f"{name}: it is taken"


def _judge_without_signature(table: Webhook, now: datetime) -> Iterator[str]:
    """Yield that an unsigned body is not read by its path, or is read where one is signed."""
    plain = table.unsigned
    if plain is None:
        return
    event = event_of(table, plain.type, _SAID, now=now, event_id=None)
    request = outgoing(table, event, _URL, now=now)
    read = Receiver(table, path=_PATH, now=lambda: now).read(request)
    if not isinstance(read, MessageReceived) or read.message.text != _SAID["text"]:
        yield f"{plain.type}, unsigned: it is read as something else"
    if table.signature is not None:
        yield from _judge_forgery(table, "an unsigned body", request, now)
