"""No secret appears outside its place: on the wire, in logs, in errors, in what is shown."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import quote

import pytest

from smsbridge import ClientCredentials, Fields, Message, Protocol, Rest, Submission, backend
from smsbridge.http.address import Site
from smsbridge.http.exchange import Broken, Exchange, Request, Response, Session
from smsbridge.mapping.auth import Credentials, Make

from support.contracts import SEND, Honest, ShowsTheKey, findings


def test_a_secret_in_its_place_passes() -> None:
    assert findings(13) == []


@backend
class InTheRoute(Honest):
    """Has its key in the route and in the body."""

    protocols = {
        "rest": Protocol(
            Rest(body="json"), Fields({"key": "{key}"}), replace(SEND, call="POST /{key}/messages")
        )
    }


def test_a_secret_may_be_in_the_route() -> None:
    assert not [one for one in findings(13, InTheRoute) if "raised" in one]


def test_a_secret_in_an_error_is_found_wherever_that_is_shown() -> None:
    wrong = findings(13, ShowsTheKey)
    shown = {one.partition(": ")[2] for one in wrong}
    assert {"the error shows key", "the repr of what came shows key"} <= shown
    assert not any("c4nary" in one for one in wrong)


Change = Callable[[Request, str], Request]


def with_header(request: Request, name: str, value: str) -> Request:
    return replace(request, headers={**request.headers, name: value})


LEAKS: list[tuple[str, Change]] = [
    ("the header x-trace", lambda request, key: with_header(request, "X-Trace", key)),
    (
        "the header authorization",
        lambda request, key: with_header(
            request, "Authorization", base64.b64encode(f"a:{key}".encode()).decode()
        ),
    ),
    ("the query q", lambda request, key: replace(request, url=f"{request.url}?q={quote(key)}")),
    (
        "the body body",
        lambda request, key: replace(request, body=request.body.replace(b"Hello", key.encode())),
    ),
]


@pytest.mark.full
@pytest.mark.parametrize(("place", "change"), LEAKS)
def test_a_secret_in_another_place_of_a_request_is_found(place: str, change: Change) -> None:
    @backend
    class Leaks(Honest):
        """Says its key where it doesn't belong."""

        def send(self, message: Message, session: Session) -> Exchange[Submission]:
            exchange = super().send(message, session)
            going = next(exchange)
            while True:
                try:
                    came = yield change(going, self.key.reveal())
                except Broken as broken:
                    going = exchange.throw(broken)
                    continue
                try:
                    going = exchange.send(came)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # what an exchange returns

    assert f"send: {place} of a request has key" in findings(13, Leaks)


@backend
class Logs(Honest):
    """Logs what it sends."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        logging.getLogger("smsbridge.logs").info(
            "to %s by %s", message.recipient, self.key.reveal()
        )
        return (yield from super().send(message, session))


@pytest.mark.full
def test_what_is_logged_is_searched_for_secrets_numbers_and_texts() -> None:
    before = logging.getLogger("smsbridge").level
    wrong = findings(13, Logs)
    assert {"send: a log shows key", "send: a log shows the recipient"} <= set(wrong)
    assert logging.getLogger("smsbridge").level == before


@dataclass(frozen=True, slots=True)
class LoggedToken(ClientCredentials):
    """Logs the token with which it calls."""

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        exchange = ClientCredentials.carry(self, make, credentials, site, session)
        going = next(exchange)
        try:
            while True:
                logging.getLogger("tokens").debug(going.header("authorization"))
                going = exchange.send((yield going))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what an exchange returns


@backend
class Chatty(Honest):
    """Logs by loggers of its own, which an application may turn on, and prints."""

    user: str = "u"
    protocols = {
        "rest": replace(Honest.protocols["rest"], auth=LoggedToken("POST /token", "user", "key"))
    }

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        logging.getLogger("elsewhere").debug("to %s", message.recipient)
        hashed = sha256(self.key.reveal().encode()).hexdigest()
        print(message.text, hashed)  # noqa: T201  (that is its fault)
        return (yield from super().send(message, session))


def test_every_logger_and_what_is_printed_are_searched_for_tokens_and_hashes_too() -> None:
    assert {
        "send: a log shows the recipient",
        "send: a log shows token 1",
        "send: what is printed shows the text",
        "send: what is printed shows the sha256 of key",
    } <= set(findings(13, Chatty))


@backend
class Tells(Honest):
    """Shows its key."""

    def __repr__(self) -> str:
        return f"Tells({self.key.reveal()})"


@pytest.mark.full
def test_the_repr_of_a_backend_is_searched() -> None:
    assert findings(13, Tells) == ["the repr of the backend shows key"]
