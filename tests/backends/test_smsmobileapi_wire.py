"""SMSMobileAPI's calls, a test for each cell of the table in docs/smsmobileapi.md.

Each goes through a `Client` whose carrier keeps what would leave, and answers as the documents say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import pytest

from smsbridge import Client, InvalidMessage, Secret, Submission, Unsupported
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.http.exchange import Request, Response, Session

from support.each import each
from support.sending import NUMBER, OK, said

T = TypeVar("T")
GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
TEXT = "Hello\nthere"
DONE = {"result": {"error": 0}}
NO_ROWS = {"result": {"error": "0", "sms": []}}
BODIES = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


class Carrier:
    """Keeps each request but the token's, and answers with one document."""

    def __init__(self, protocol: str, document: object) -> None:
        self._body = said(protocol, document).encode()
        self.calls: list[Request] = []
        self.tokens: list[Request] = []

    def send(self, request: Request, deadline: float) -> Response:
        if request.path.startswith("/oauth2"):
            self.tokens.append(request)
            token = b'{"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}'
            return Response(status=200, body=token)
        self.calls.append(request)
        return Response(status=200, body=self._body)

    def close(self) -> None:
        pass


def backend(protocol: str) -> SMSMobileAPI:
    return SMSMobileAPI(
        protocol=protocol, api_key=Secret("k-1"), client_id="c-1", client_secret=Secret("s-1")
    )


def done(protocol: str, call: Callable[[Client], T], document: object) -> tuple[T, Carrier]:
    """Return what a call of the client came to, and what had left."""
    carrier = Carrier(protocol, document)
    session = Session(now=lambda: NOW)
    with Client(backend(protocol), transport=carrier, session=session) as client:
        return call(client), carrier


def fields(request: Request) -> dict[str, str]:
    """Return what a request says, wherever it says it."""
    if request.body.startswith(b"<"):
        (call,) = ET.fromstring(request.body).findall(f"{BODIES}/*")
        return {part.tag: part.text or "" for part in call}
    text = request.query if request.method == "GET" else request.body.decode()
    return dict(parse_qsl(text, keep_blank_values=True))


def refused(protocol: str, call: Callable[[Client], object]) -> None:
    """Hold a call to be refused, with nothing sent, by the protocol that can't carry it."""
    carrier = Carrier(protocol, DONE)
    client = Client(backend(protocol), transport=carrier, session=Session(now=lambda: NOW))
    with pytest.raises(Unsupported, match=f"over {protocol} can't .*; rest and oauth can"):
        call(client)
    assert (carrier.calls, carrier.tokens) == ([], [])


# --- sending


def by(**options: Any) -> dict[str, Any]:
    return {"options": SMSMobileAPIOptions(**options)}


WHATSAPP = {"channels": "whatsapp"}
SENDING: dict[str, tuple[Mapping[str, Any], str]] = {
    "recipients": ({}, NUMBER),
    "message": ({}, TEXT),
    "sendwa": (WHATSAPP, "1"),
    "sendsms": (WHATSAPP, "0"),
    "schedule_timestamp": ({"send_at": datetime(2030, 1, 1, 7, tzinfo=UTC)}, "1893481200"),
    "sIdentifiant": (by(device="phone-7"), "phone-7"),
    "port": (by(sim=2), "2"),
    "shorturl": (by(short_links=True), "1"),
    "encrypt_message": (by(encrypt=True), "yes"),
    "url_media": (WHATSAPP | by(media_url="https://m.example/a.png"), "https://m.example/a.png"),
    "url_media_shorted": (WHATSAPP | by(media_url_short="m.example/a"), "m.example/a"),
    "pdf_with_image": (WHATSAPP | by(pdf_with_image="https://m.example/a"), "https://m.example/a"),
    "from": (by(origin="python"), "python"),
}


@each("name", SENDING)
def test_a_parameter_of_sending(protocol: str, name: str) -> None:
    more, word = SENDING[name]
    if protocol == "soap" and more:
        refused(protocol, lambda client: client.send(NUMBER, TEXT, **more))
        return
    _, carrier = done(protocol, lambda client: client.send(NUMBER, TEXT, **more), OK)
    (request,) = carrier.calls
    assert fields(request)[name] == word
    assert request.method == "POST"
    path = "/sendsms/wsdl/server.php" if protocol == "soap" else "/sendsms/"
    assert request.url == f"https://api.smsmobileapi.com{path}"


def test_waonly_is_never_written(protocol: str) -> None:
    if protocol == "soap":
        refused(protocol, lambda client: client.send(NUMBER, TEXT, channels="whatsapp"))
        return
    _, carrier = done(protocol, lambda client: client.send(NUMBER, TEXT, channels="whatsapp"), OK)
    assert "waonly" not in fields(carrier.calls[0])


Call = Callable[[Client], object]
CALLS: dict[str, tuple[Call, object]] = {
    "send": (lambda client: client.send(NUMBER, TEXT), OK),
    "status": (lambda client: client.status(GUID), NO_ROWS),
    "sent": (lambda client: list(client.sent()), NO_ROWS),
    "received": (lambda client: client.received(), NO_ROWS),
    "resend": (lambda client: client.resend(GUID), DONE),
    "delete": (lambda client: client.delete(GUID), DONE),
}


@each("name", CALLS)
def test_the_key_stands_in_a_field_and_a_token_in_a_header(protocol: str, name: str) -> None:
    call, answer = CALLS[name]
    if protocol == "soap" and name != "send":
        refused(protocol, call)
        return
    _, carrier = done(protocol, call, answer)
    (request,) = carrier.calls
    bearer = "Bearer token-1" if protocol == "oauth" else ""
    assert request.header("Authorization") == bearer
    assert fields(request).get("apikey") == (None if protocol == "oauth" else "k-1")
    assert "k-1" not in request.url or request.method == "GET"


TOKEN = {"grant_type": "client_credentials", "client_id": "c-1", "client_secret": "s-1"}


@each("name", TOKEN)
def test_a_parameter_of_the_token_call(protocol: str, name: str) -> None:
    _, carrier = done(protocol, lambda client: client.send(NUMBER, TEXT), OK)
    if protocol != "oauth":
        assert carrier.tokens == []
        return
    (request,) = carrier.tokens
    assert (request.method, request.url) == ("POST", "https://api.smsmobileapi.com/oauth2/token")
    assert fields(request)[name] == TOKEN[name]
    assert request.header("Authorization") == ""


# --- resend, log, received, delete

LOG = "GET https://api.smsmobileapi.com/log/sent/sms/"
GETSMS = "GET https://api.smsmobileapi.com/getsms/"
DELETE = "GET https://api.smsmobileapi.com/deletesms/"
FIRST, LAST = date(2030, 1, 1), date(2030, 1, 31)
ASKING: dict[str, tuple[Call, object, str, str]] = {
    "resend-guid": (
        lambda client: client.resend(GUID),
        DONE,
        "POST https://api.smsmobileapi.com/resend/",
        GUID,
    ),
    "status-guid_message": (lambda client: client.status(GUID), NO_ROWS, LOG, GUID),
    "sent-guid_message": (lambda client: list(client.sent(id=GUID)), NO_ROWS, LOG, GUID),
    "sent-before": (lambda client: list(client.sent(before=NOW)), NO_ROWS, LOG, "1893456000"),
    "sent-before-id": (lambda client: list(client.sent(before=GUID)), NO_ROWS, LOG, GUID),
    "sent-error_api": (lambda client: list(client.sent(failed="request")), NO_ROWS, LOG, "1"),
    "sent-error_mobile": (lambda client: list(client.sent(failed="phone")), NO_ROWS, LOG, "1"),
    "sent-keyword": (lambda client: list(client.sent(keyword="parcel")), NO_ROWS, LOG, "parcel"),
    "sent-keyword-recipient": (
        lambda client: list(client.sent(recipient=NUMBER)),
        NO_ROWS,
        LOG,
        NUMBER[1:],
    ),
    "received-after_timestamp_unix": (
        lambda client: client.received(after=NOW),
        NO_ROWS,
        GETSMS,
        "1893456000",
    ),
    "received-sIdentifiantPhone": (
        lambda client: client.received(device="phone-7"),
        NO_ROWS,
        GETSMS,
        "phone-7",
    ),
    "received-onlyunread": (lambda client: client.received(unread=True), NO_ROWS, GETSMS, "yes"),
    "delete-guid_message": (lambda client: client.delete(GUID), DONE, DELETE, GUID),
    "delete-date_start": (lambda client: client.delete(day=FIRST), DONE, DELETE, "2030-01-01"),
    "delete-date_end": (
        lambda client: client.delete(first=FIRST, last=LAST),
        DONE,
        DELETE,
        "2030-01-31",
    ),
}


@each("name", ASKING)
def test_a_parameter_of_the_log(protocol: str, name: str) -> None:
    call, answer, address, word = ASKING[name]
    if protocol == "soap":
        refused(protocol, call)
        return
    _, carrier = done(protocol, call, answer)
    (request,) = carrier.calls
    assert f"{request.method} {request.url.partition('?')[0]}" == address
    given = {field: value for field, value in fields(request).items() if field != "apikey"}
    field = name.split("-")[1]
    assert given.pop(field) == word
    more = {"date_start": "2030-01-01"} if field == "date_end" else {}
    assert given == more  # and nothing that was not asked for


def test_after_begins_with_its_second(protocol: str) -> None:
    after = NOW.replace(microsecond=999_999)
    if protocol == "soap":
        refused(protocol, lambda client: client.received(after=after))
        return
    _, carrier = done(protocol, lambda client: client.received(after=after), NO_ROWS)
    assert fields(carrier.calls[0])["after_timestamp_unix"] == "1893456000"


def test_a_day_alone_has_no_end(protocol: str) -> None:
    if protocol == "soap":
        refused(protocol, lambda client: client.delete(day=FIRST))
        return
    _, carrier = done(protocol, lambda client: client.delete(day=FIRST), DONE)
    assert "date_end" not in fields(carrier.calls[0])


def test_without_a_selector_nothing_is_deleted(protocol: str) -> None:
    carrier = Carrier(protocol, DONE)
    with pytest.raises(InvalidMessage, match="needs one selector"):
        Client(backend(protocol), transport=carrier).delete()
    assert (carrier.calls, carrier.tokens) == ([], [])


# --- SOAP


def test_soap_names_what_the_wsdl_names(protocol: str) -> None:
    submission, carrier = done(protocol, lambda client: client.send(NUMBER, TEXT), OK)
    assert isinstance(submission, Submission)
    (request,) = carrier.calls
    if protocol != "soap":
        assert request.header("SOAPAction") == ""
        return
    assert request.header("SOAPAction") == '"urn:sendsms#sendSms"'
    (call,) = ET.fromstring(request.body).findall(f"{BODIES}/*")
    assert call.tag == "{urn:sendsms}sendSms"
    assert [part.tag for part in call] == ["recipients", "message", "apikey"]
