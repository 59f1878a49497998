"""What receives the webhooks of a bridge: it verifies by the standard's own library."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from smsbridge.bridge.config import BridgeConfig
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_event import EventKind, NewEvent
from smsbridge.bridge.store.stored_message import StoredMessage
from smsbridge.http.exchange import Request
from smsbridge.message import Status

from support.bridges import config_text, read, with_webhooks
from support.events import events_of
from support.fault_server import Got

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"
OTHER_SECRET = "whsec_UFNyb3RhdGVkIHNlY3JldCBvZiB0aGUgc2hvcCwgMjAyNw=="
SENDER = "+447700900123"
LOOPBACK = 'networks = ["127.0.0.0/8"]'


def hooked(folder: Path, url: str, *more: str, networks: str = LOOPBACK) -> BridgeConfig:
    """Return the config of a bridge whose caller ``shop`` has a webhook."""
    return read(folder, hooked_text(url, *more, networks=networks))


def hooked_text(url: str, *more: str, networks: str = LOOPBACK, caller: str = "shop") -> str:
    """Return the same as text; ``more``: other keys of the webhook."""
    keys = [f'url = "{url}"', f'secrets = ["{SECRET}"]', *filter(None, [networks]), *more]
    return config_text(f"webhooks = {{ {caller} = {{ {', '.join(keys)} }} }}")


def words(got: Got) -> dict[str, str]:
    """Return the headers of a request, by names in small letters."""
    lines = got.head.split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): word.strip() for name, _, word in pairs}


def verify(got: Got | Request, secret: str = SECRET) -> Any:
    """Return the JSON of a webhook; the library raises an error if its signature is wrong."""
    headers = dict(got.headers) if isinstance(got, Request) else words(got)
    return Webhook(secret).verify(got.body, headers)


def report(
    store: MessageStore,
    message: StoredMessage | None,
    status: Status = Status.DELIVERED,
    **more: Any,
) -> str:
    """Keep a report of a message that is to be told to its caller; return the id of the event."""
    given: dict[str, Any] = {
        "kind": EventKind.REPORT,
        "backend": "new",
        "event_key": f"key-{time.monotonic_ns()}",
        "at": store.now(),
        "door": "shop",
        "caller": "shop",
        "message": message.seq if message else None,
        "status": status,
        **more,
    }
    assert EventStore(with_webhooks(store)).add(NewEvent(**given))
    return events_of(store)[-1].id


def received(store: MessageStore, text: str = "Yes", **more: Any) -> str:
    """Keep a message that came in, to be told to a caller; return the id of the event."""
    own = {"kind": EventKind.RECEIVED, "status": None, "sender": SENDER, "text": text}
    return report(store, None, **{**own, "recipient": "+12025550123", **more})
