"""Bridges in this process: a config as text, doors without a socket, and a mock behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge.backends.base import Backend
from smsbridge.bridge.bridge import Bridge
from smsbridge.bridge.config import BridgeConfig, read_bridge
from smsbridge.bridge.delivery.message_queue import MessageQueue
from smsbridge.bridge.delivery.sender import bridge_client
from smsbridge.bridge.doors.door_calls import Waiting
from smsbridge.bridge.serve_bridge import serve_bridge
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.stored_message import NewMessage, State, StoredMessage
from smsbridge.client.sync import Client
from smsbridge.codecs.rest import FORM
from smsbridge.config.load import read_document
from smsbridge.errors import Attempt, ConfigError
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.message import Message
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.stores import Place, file_place

HERE = "http://127.0.0.1:8780"
NUMBER = "+12025550123"
SECONDS = 60.0
"""What a test waits for at most: the lease of a dead process takes a third of it."""

NEW = """
[backends.new]
backend = "rest"
url = "https://new.example"
auth = { type = "headers", headers = { Authorization = "Bearer {key}" }, key = "new-key" }
statuses = { queued = "queued", sent = "sent", delivered = "delivered", failed = "undelivered" }
[backends.new.send]
route = "POST /v2/messages"
fields = { to = "{recipient}", text = "{text}", from = "{sender}", ref = "{reference}" }
accepted = { when = { state = "queued" }, id = "id", status = "state" }
rejected = { error = { bad_number = "recipient", no_key = "authentication" } }
[backends.new.sent]
route = "GET /v2/messages"
fields = { before = "{before}" }
pages = "id"
rows = "messages"
row = { id = "id", recipient = "to", text = "text", at = "at", status = "state", reference = "ref" }
"""
"""A REST backend that carries a reference, and has a log that shows it."""

OLD = """
[backends.old]
backend = "smsmobileapi"
"""
SOAP = """
[backends.old]
backend = "soap"
wsdl = "WSDL"
auth = { type = "basic", username = "acme", password = "none" }
[backends.old.send]
operation = "SubmitShortMessage"
fields = { "request.destination" = "{recipient|digits}", "request.body" = "{text}" }
accepted = { when = { "result.code" = "0" }, id = "result.messageId" }
"""
"""A SOAP backend by the WSDL of Oldcorp."""

CALLERS = """{ shop = { api_key = "shop-key" }, till = { api_key = "till-key" },
  app = { client_id = "app", client_secret = "app-secret" } }""".replace("\n ", "")


def config_text(door: str = "", bridge: str = "", backends: str = OLD + NEW) -> str:
    """Return a config with one door of SMSMobileAPI's, and more keys of both tables."""
    return (
        f'default = "new"\n[bridge]\n{bridge}\n[doors.shop]\nspeaks = "old"\nto = "new"\n'
        f"callers = {CALLERS}\n{door}\n{backends}"
    )


def soap_text(wsdl: str) -> str:
    """Return a config whose only door speaks SOAP by a WSDL."""
    text = config_text(backends=SOAP.replace("WSDL", wsdl) + NEW)
    return text.replace(CALLERS, "{ shop = { password = 'one' }, till = { password = 'two' } }")


def read(folder: Path, text: str) -> BridgeConfig:
    """Return the bridge of a config that is written into a folder."""
    (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
    return read_bridge(read_document(folder / "smsbridge.toml"))


def refusal(folder: Path, text: str) -> str:
    """Return the error of a config in which something is wrong."""
    with pytest.raises(ConfigError) as error:
        read(folder, text)
    return str(error.value)


@dataclass
class Clock:
    """Seconds since 1970 that pass only where a test says so."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def until(holds: Callable[[], bool], told: Callable[[], object] = lambda: None) -> None:
    """Wait until something holds; ``told`` is what a failure tells."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.005)


@contextmanager
def open_store(
    where: Path | Place, clock: Callable[[], float] | None = None
) -> Iterator[MessageStore]:
    """Yield a store that is migrated, in a folder or at a place."""
    place = file_place(where) if isinstance(where, Path) else where
    database = place.database()
    database.migrate()
    try:
        yield MessageStore(database, clock or Clock())
    finally:
        database.close()


def with_webhooks(store: MessageStore) -> MessageStore:
    """Return the same store if every caller had a webhook."""
    return MessageStore(store.database, store.now, lambda _door, _caller: True)


def new_message(text: str = "Hello", recipient: str = NUMBER, **more: Any) -> NewMessage:
    given = {"door": "shop", "caller": "shop", "protocol": "rest", "backend": "new", **more}
    message = given.pop("message", Message(recipient=recipient, text=text))
    return NewMessage(message=message, **given)


def put(store: MessageStore, text: str = "Hello", **more: Any) -> StoredMessage:
    return store.put(new_message(text, **more)).message


def claim(store: MessageStore, queue: MessageQueue | None = None) -> StoredMessage | None:
    """Claim the next message, as a worker does."""
    session = Session()
    backend = Client.from_mapping({"backend": "console"}).backend

    def attempt(message: StoredMessage) -> Attempt:
        whole = message.message()
        assert whole is not None
        return backend.attempt(whole, session)

    return (queue or MessageQueue(store)).claim("worker 1", attempt)


@dataclass
class Running:
    """A bridge that runs, and the mock provider behind it."""

    bridge: Bridge
    provider: Provider
    folder: Path
    sender: str = "192.0.2.1"
    answers: list[Response] = field(default_factory=list)

    @property
    def store(self) -> MessageStore:
        return self.bridge.store

    def ask(self, request: Request) -> Response:
        """Return the answer to a request; one that waits is waited for."""
        answer = self.bridge.handle(request, self.sender)
        if isinstance(answer, Waiting):
            until = time.monotonic() + SECONDS
            waiting = answer
            while (found := self.bridge.outcome(waiting)) is None and time.monotonic() < until:
                time.sleep(0.005)
            return found or waiting.answer(waiting.message)
        return answer

    def send(self, text: str = "Hello", key: str = "shop-key", **more: str) -> Response:
        return self.ask(sending(text, key, **more))

    def messages(self) -> list[StoredMessage]:
        return self.store.list_messages(limit=1000)[::-1]

    def settled(self) -> list[StoredMessage]:
        """Return the messages once nothing is stored or handed over any more."""
        going = (State.STORED, State.HANDED_OVER)
        self.until(lambda: not any(self.store.counts()[one] for one in going))
        return self.messages()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        until(holds, lambda: [one.state for one in self.messages()])

    def arrived(self) -> list[str]:
        """Return the texts that the provider has taken."""
        return [one.text for one in self.provider.messages]


@dataclass
class DoorTransport:
    """Carries the requests of a client of smsbridge to the doors of a bridge."""

    run: Running

    def send(self, request: Request, _deadline: float) -> Response:
        return self.run.ask(request)

    def close(self) -> None:
        """Do nothing: nothing is open."""


def sending(text: str = "Hello", key: str = "shop-key", **more: str) -> Request:
    """Return a send of SMSMobileAPI's REST."""
    fields = {"apikey": key, "recipients": NUMBER, "message": text, **more}
    return form("/sendsms/", fields)


def form(path: str, fields: dict[str, str], **headers: str) -> Request:
    named = {"Content-Type": FORM, **{name.replace("_", "-"): one for name, one in headers.items()}}
    body = urlencode(fields).encode()
    return Request(method="POST", url=f"http://localhost{path}", headers=named, body=body)


def get(path: str, **headers: str) -> Request:
    named = {name.replace("_", "-"): one for name, one in headers.items()}
    return Request(method="GET", url=f"http://localhost{path}", headers=named)


@contextmanager
def running(folder: Path, text: str = "", provider: Provider | None = None) -> Iterator[Running]:
    """Run the bridge of a config until the end of the block; its backend is a mock in process."""
    config = read(folder, text or config_text())
    played = provider or Provider(next(iter(config.backends.values())))

    def client_of(backend: Backend, session: Session) -> Client:
        if not backend.protocols:
            return bridge_client(backend, session)
        return Client(backend, transport=InProcess(played), session=session)

    with serve_bridge(config, HERE, client_of=client_of) as bridge:
        yield Running(bridge, played, folder)
