"""The clause about webhooks: what the provider sends is read, and what is forged is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smsbridge.errors import WebhookRefused, WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.serving.webhooks import event_of, outgoing, table_of_type, webhook_types
from smsbridge.testing.contract.clause import clause, describe_error
from smsbridge.testing.contract.ruling import DoesNotApply, Finding
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.event_reader import status_of
from smsbridge.webhooks.events import Event, MessageReceived, MessageReported
from smsbridge.webhooks.receiver import Receiver
from smsbridge.webhooks.signatures import SECRET, Signature
from smsbridge.webhooks.table import Webhook, WebhookKind

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.contract.subject import Subject

_SECRET, _OTHER = Secret("c4nary-webhook-93f1"), Secret("another-webhook-0000")
_ORIGIN, _PATH = "https://app.example", "/hooks/c4nary-93f1"
_URL = f"{_ORIGIN}{_PATH}"
_SAID: Mapping[str, str] = {
    "id": "m-7",
    "sender": "+447700900123",
    "recipient": "+12025550123",
    "text": "Olá 👍 <b>&</b>",
    "reference": "order-4711",
}
_EVENTS: Mapping[WebhookKind, type[Event]] = {
    WebhookKind.ARRIVED: MessageReceived,
    WebhookKind.REPORTED: MessageReported,
    WebhookKind.OTHER: Event,
}


@clause(14, "webhooks are read, and forged ones are not", each_protocol=False)
def check_webhooks(subject: Subject) -> Iterator[Finding]:
    """Yield the events that are read as others or not at all, and the forgeries that are taken."""
    told = _Told(subject.backend, subject.began)
    if not told.tables:
        raise DoesNotApply("it declares no webhook")
    types = webhook_types(told.tables)
    for kind in types:
        yield from told.judge_event(kind)
    for name, forged, at in told.forgeries(types[0]):
        yield from told.judge_forgery(name, forged, at)
    yield from told.judge_without_signature()


@dataclass(frozen=True, slots=True)
class _Told:
    """What a backend's provider tells, at a moment."""

    backend: Backend
    now: datetime

    @property
    def tables(self) -> Sequence[Webhook]:
        return self.backend.webhooks

    @property
    def signature(self) -> Signature | None:
        """The signature of the first table, of which the forgeries are."""
        return self.tables[0].signed

    def request(
        self, tables: Sequence[Webhook], kind: str, secret: Secret = _SECRET, *, whole: bool = True
    ) -> Request:
        """Return what the provider sends; with another secret its credentials are others too."""
        known: dict[str, str] = dict(self.backend.credentials())
        event_id = "evt-1" if whole else None
        event = event_of(tables, kind, {**known, **_SAID}, now=self.now, event_id=event_id)
        by = table_of_type(tables, kind, with_id=whole)[0].signed
        return outgoing(
            tables,
            event,
            _URL,
            secrets=[secret] if by and SECRET in by.names else [],
            credentials=dict.fromkeys(known, secret.reveal()) if secret is _OTHER else known,
            now=self.now,
        )

    def receiver(self, now: datetime) -> Receiver:
        """Return a receiver that takes only what is signed, if the provider signs."""
        by_secret = any(one.signed and SECRET in one.signed.names for one in self.tables)
        return Receiver(
            self.backend,
            secrets=[_SECRET] if by_secret else [],
            path="" if self.signature else _PATH,
            public_url=_ORIGIN,
            now=lambda: now,
        )

    def judge_event(self, kind: str) -> Iterator[str]:
        table, word = table_of_type(self.tables, kind)
        wanted = _EVENTS[table.kind]
        try:
            (read,) = self.receiver(self.now).read(self.request(self.tables, kind))
        except Exception as error:  # noqa: BLE001  (whatever it is, the event was not read)
            yield f"{kind}: it is not read: {describe_error(error)}"
            return
        known = "evt-1" if "id" in table.envelope else None
        if (read.id, read.type) != (known, kind if table.types else str(table.kind)):
            yield f"{kind}: its id or type is another one"
        if type(read) is not wanted:
            yield f"{kind}: it is a {type(read).__name__}, not a {wanted.__name__}"
        elif isinstance(read, MessageReceived | MessageReported):
            for name in table.row.keys() & _SAID.keys():
                if getattr(read.message, name) != _SAID[name]:
                    yield f"{kind}: its {name} is another one"
            status = status_of(table, word)
            if isinstance(read, MessageReported) and (
                (read.channel, read.message.status) != (table.channel, status)
            ):
                yield f"{kind}: its channel or status is another one"

    def forgeries(self, kind: str) -> Iterator[tuple[str, Request, datetime]]:
        """Yield requests that the provider did not send, each with a name and when it comes."""
        real, by = self.request(self.tables, kind), self.signature
        if by is None:
            yield "another path", replace(real, url=f"{_ORIGIN}/hooks"), self.now
            return
        if by.covers & {"body", "form"} and real.body:
            yield "a body that was changed", replace(real, body=real.body + b"&x=1"), self.now
        if by.covers & {"url", "query"}:
            more = "&x=1" if "?" in real.url else "?x=1"
            yield "an address that was changed", replace(real, url=real.url + more), self.now
        another = self.request(self.tables, kind, _OTHER)
        yield "a signature with another secret", another, self.now
        if by.timestamp:
            yield "one of yesterday that is sent again", real, self.now + timedelta(days=1)
            yield "one from the future", real, self.now - timedelta(days=1)
        for header in filter(None, (by.header, by.timestamp, by.nonce)):
            left = {name: value for name, value in real.headers.items() if name != header}
            yield f"one without {header}", replace(real, headers=left), self.now
            blank = {**left, header: ""}
            yield f"one with an empty {header}", replace(real, headers=blank), self.now

    def judge_forgery(self, name: str, forged: Request, at: datetime) -> Iterator[str]:
        try:
            self.receiver(at).read(forged)
        except WebhookUntrusted:
            return
        except WebhookRefused as error:
            yield f"{name}: it is refused with HTTP {error.status}, only after its body was read"
        else:
            yield f"{name}: it is taken"

    def judge_without_signature(self) -> Iterator[str]:
        """Yield that an unsigned form is not read by its path, or is read where one is signed."""
        plain = [one for one in self.tables if one.signed is None]
        if self.signature is None:
            return
        for kind in webhook_types(plain):
            request = self.request(plain, kind, whole=False)
            receiver = Receiver(plain, path=_PATH, now=lambda: self.now)
            (read,) = receiver.read(request)
            if type(read) is not _EVENTS[table_of_type(plain, kind, with_id=False)[0].kind]:
                yield f"{kind}, unsigned: it is read as something else"
            yield from self.judge_forgery("an unsigned body", request, self.now)
