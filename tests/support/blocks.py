"""Blocks of config as backends, and talks with a provider that answers from a list: no sockets."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import pytest
from lxml import etree

from smsbridge import Backend, ConfigError, Message
from smsbridge.config.load import from_file, from_mapping
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Broken, Exchange, Request, Response, Session, drive
from smsbridge.serving.rest import json_response

T = TypeVar("T")

GATE = Path(__file__).with_name("gate.wsdl")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
MESSAGE = Message(recipient="+12025550123", text="Hello", reference="r-1")


class Clock:
    """Monotonic seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def session(clock: Clock | None = None) -> Session:
    return Session(now=lambda: NOW, monotonic=clock or Clock(), random=bytes)


def rest(text: str = "", **environ: str) -> Backend:
    """Return the backend of a REST block: its TOML without the keys that each has."""
    given = {"backend": "rest", "url": "https://gate.example", **tomllib.loads(text)}
    return from_mapping(given, name="gate", environ=environ)


def soap(text: str = "", **environ: str) -> Backend:
    """Return the backend of a SOAP block, over `gate.wsdl`."""
    given = {"backend": "soap", "wsdl": str(GATE), **tomllib.loads(text)}
    return from_mapping(given, name="gate", environ=environ)


REST_SEND = """
[send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}" }
accepted = { when = { code = "0" }, id = "id", status = "state" }
rejected = { code = { 12 = "recipient", 40 = "authentication" } }
"""
SEND_TO_EACH = """
[send]
route = "POST /sms"
fields = { to = "{recipients}", body = "{text}" }
most = 3
rows = "messages"
row = { recipient = "to" }
accepted = { when = { code = "0" }, id = "id", status = "state" }
rejected = { code = { 12 = "recipient", 40 = "authentication" }, "error.code" = { 77 = "account" } }
not_sent = { code = ["busy"] }
"""
"""A call to up to three recipients, with a row of the answer for each."""
SOAP_SEND = """
[send]
operation = "Submit"
fields = { to = "{recipient}", body = "{text}" }
accepted = { when = { "result.code" = "0" }, id = "result.id", status = "result.state" }
rejected = { "result.code" = { 12 = "recipient", 40 = "authentication" } }
"""

GATE_LOGIN = """
[auth]
type = "fields"
password = "p-1"
[token]
operation = "Login"
fields = { user = "acme", password = "{password}" }
token = "token"
"""
"""A login of `gate.wsdl`; a table of a call must name ``{token}``."""

GATE_BLOCK = f"""
[backends.gate]
backend = "soap"
wsdl = "{GATE}"

[backends.gate.auth]
type = "fields"
fields.apikey = "{{key}}"
key = "canary-key"
pin = "canary-pin"
password = "canary-password"

[backends.gate.token]
operation = "Login"
fields.user = "acme"
fields.password = "{{password}}"
token = "token"
lifetime = "seconds"
rejected.code = {{ 7 = "authentication" }}
refused_when."result.code" = "401"

[backends.gate.send]
operation = "Submit"
fields.session = "{{token}}"
fields.pin = 5
fields.to = "{{recipient}}"
fields.body = "{{text}}"
fields.flash = true
fields.priority = "high"
fields.weight = 0.5
fields.origin.name = "{{sender}}"
fields.origin.number = "{{pin}}"
accepted.when."result.code" = "0"
accepted.id = "result.id"
accepted.status = "result.state"
rejected."result.code" = {{ 12 = "recipient" }}
rejected."fault.string" = {{ NO = "quota" }}

[backends.gate.status]
operation = "Query"
fields.id = "{{id}}"
answered.code = "0"
rejected."fault.detail.Any.thing" = {{ NO = "quota" }}
row.id = "row.id"
row.status = "row.state"
"""


def talk(exchange: Exchange[T], *answers: Response | Broken) -> tuple[Any, list[Request]]:
    """Return how an exchange ends, and what it asked; each answer must have been asked for."""
    left, asked = list(answers), list[Request]()

    def carry(request: Request) -> Response:
        asked.append(request)
        assert left, f"{request.method} {request.path} was not expected"
        answer = left.pop(0)
        if isinstance(answer, Broken):
            raise answer
        return answer

    end: T | SmsbridgeError
    try:
        end = drive(exchange, carry)
    except SmsbridgeError as error:
        end = error
    assert left == [], f"{len(left)} more requests were expected"
    return end, asked


def sent(backend: Backend, message: Message = MESSAGE) -> Request:
    """Return the first request of a send."""
    return next(backend.send(message, session()))


def document(status: int = 200, /, **words: Any) -> Response:
    """Return an answer of JSON."""
    return json_response(status, words)


def envelope(inner: str, status: int = 200) -> Response:
    """Return an answer of SOAP: ``<SubmitResponse>…`` in the namespace of `gate.wsdl`."""
    soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
    body = f"<s:Envelope xmlns:s='{soap11}' xmlns='urn:gate'><s:Body>{inner}</s:Body></s:Envelope>"
    return Response(status=status, headers={"Content-Type": "text/xml"}, body=body.encode())


def fault(string: str, code: str = "Client") -> Response:
    inner = f"<faultcode>s:{code}</faultcode><faultstring>{string}</faultstring>"
    return envelope(f"<s:Fault>{inner}</s:Fault>", 500)


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def json_of(request: Request) -> dict[str, Any]:
    words: dict[str, Any] = json.loads(request.body)
    return words


def words_of(request: Request) -> dict[str, str]:
    """Return the texts of the call in an envelope, by dotted path."""
    body = etree.fromstring(request.body)[-1]
    return dict(_texts(body[0], ""))


def call_of(request: Request) -> str:
    """Return the name of the call in an envelope."""
    return etree.QName(etree.fromstring(request.body)[-1][0]).localname


def _texts(element: Any, prefix: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for child in element:
        path = prefix + etree.QName(child).localname
        found |= _texts(child, f"{path}.") if len(child) else {path: child.text or ""}
    return found


def behind(error: BaseException | None) -> str:
    """Return all that an error and what it comes from would show."""
    found = ""
    while error is not None:
        found += f"{error}\n{error!r}\n"
        error = error.__cause__ or error.__context__
    return found


def refused(folder: Path, text: str, where: str, name: str = "gate", **environ: str) -> str:
    """Return why a config file is refused, which must name the one line that has ``where``.

    What ends in or begins with "canary" is a secret.
    """
    file = folder / "smsbridge.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        from_file(name, file, environ=environ)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if where in line]
    assert len(lines) == 1, f"{where!r} is in lines {lines}"
    head = f"smsbridge.toml, line {lines[0]}, [backends.{name}]: "
    error = str(caught.value)
    assert error.startswith(head), error
    assert "canary" not in behind(caught.value)
    return error.removeprefix(head)
