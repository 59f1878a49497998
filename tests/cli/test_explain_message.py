"""What a message would become on the wire: complete, masked, and sent nowhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from smsbridge import ConfigError, InvalidMessage, Message, Protocol, Rest, Secret, Unsupported
from smsbridge import backend as decorate
from smsbridge.backends.base import Backend
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.cli.explain_message import (
    describe_text,
    explain_message,
    recipient_on_wire,
    request_lines,
)
from smsbridge.config.load import from_mapping
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session
from smsbridge.mapping.auth import Make
from smsbridge.message import Channel
from smsbridge.serving import provider_auth

from support.asking import ALL, Gate
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, PROTOCOLS, TEXT
from support.vendor import EXAMPLES, SEND, SUBMIT, WSDL, changed

KEY = "Canary key/51+ü"
CANARIES = {
    "username": "canary-user",
    "password": KEY,
    "key": KEY,
    "account": KEY,
    "client_id": "canary-id",
    "client_secret": KEY,
}
PUBLIC = ("username", "client_id")
SIGN = {"md5": "{account}{password}{now|epoch}"}
BOTH = {"username": CANARIES["username"], "password": KEY}
LOGIN = {
    "route": "POST /login",
    "fields": {"user": "{account}", "pass": "{password}"},
    "token": "session.token",
}
REST: dict[str, dict[str, Any]] = {
    "basic": {"auth": {"type": "basic", **BOTH}},
    "digest": {"auth": {"type": "digest", **BOTH}},
    "fields": {"auth": {"type": "fields", "key": KEY, "fields": {"api_key": "{key}"}}},
    "a form": {"body": "form", "auth": {"type": "fields", "key": KEY, "fields": {"k": "{key}"}}},
    "a field that is encoded": {
        "auth": {"type": "fields", "key": KEY, "fields": {"k": "{key|base64}"}}
    },
    "headers": {"auth": {"type": "headers", "key": "k-51bc", "headers": {"X-Key": "{key}"}}},
    "the route": {
        "auth": {"type": "fields", "key": KEY},
        "send": {**SEND, "route": "POST /v1/{key}/messages"},
    },
    "a signature": {
        "auth": {"type": "fields", "account": KEY, "password": KEY},
        "send": {**SEND, "fields": {**SEND["fields"], "a": "{account}", "sign": SIGN}},
    },
    "oauth2": {
        "auth": {
            "type": "oauth2",
            "token_url": "/oauth/token",
            "client_id": CANARIES["client_id"],
            "client_secret": KEY,
        }
    },
    "oauth2 by basic": {
        "auth": {
            "type": "oauth2",
            "token_url": "https://login.example/token",
            "basic": True,
            "client_id": CANARIES["client_id"],
            "client_secret": KEY,
        }
    },
    "a login": {
        "auth": {"type": "fields", "account": KEY, "password": KEY},
        "token": LOGIN,
        "send": {**SEND, "headers": {"X-Session": "{token}"}},
    },
}
SOAP: dict[str, dict[str, Any]] = {
    "basic": {"auth": {"type": "basic", **BOTH}},
    "digest": {"auth": {"type": "digest", **BOTH}},
    "wsse": {"auth": {"type": "wsse", **BOTH}},
    "wsse by digest": {"auth": {"type": "wsse", "digest": True, **BOTH}},
    "fields": {"auth": {"type": "fields", "key": KEY, "fields": {"request.ref": "{key}"}}},
    "a login": {
        "auth": {"type": "fields", "key": KEY},
        "token": {
            "operation": "QueryMessage",
            "fields": {"messageId": "{key}"},
            "token": "row.messageId",
        },
        "send": {**SUBMIT, "fields": {**SUBMIT["fields"], "request.ref": "{token}"}},
    },
}
BACKENDS = [("rest", name) for name in REST] + [("soap", name) for name in SOAP]
every = pytest.mark.parametrize(("kind", "name"), BACKENDS)


@pytest.fixture
def wsdl(tmp_path: Path) -> str:
    file = tmp_path / "oldcorp.wsdl"
    file.write_text(WSDL)
    return str(file)


def backend(kind: str, name: str, wsdl: str, url: str = "https://api.vendor.example") -> Backend:
    keys: dict[str, Any] = {"send": SEND} if kind == "rest" else {"send": SUBMIT, "wsdl": wsdl}
    own = {"rest": REST, "soap": SOAP}[kind][name]
    return from_mapping({"backend": kind, "url": url, **keys, **own}, name="vendor")


def message(**more: Any) -> Message:
    return Message(**{"recipient": NUMBER, "text": TEXT, **more})


def told(found: Backend, sent: Message | None = None) -> str:
    """Return all that explaining a message shows."""
    explained = explain_message(found, sent or message())
    lines = [line for request in explained.requests for line in request_lines(request)]
    return "\n".join([*lines, repr(explained), *explained.masks.values()])


def forms(secret: str) -> Iterator[str]:
    """Yield how a secret could be seen: plain, as in a URL, in JSON, in base64 and in hashes."""
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], secret.replace("&", "&amp;"))
    for whole in (secret, *(f"{CANARIES[name]}:{secret}" for name in PUBLIC)):
        for encoded in (whole.encode(), quote_plus(whole, safe=":").encode()):
            yield base64.b64encode(encoded).decode()
            yield encoded.hex()


def test_the_forms_in_which_a_secret_is_looked_for_are_those_that_a_send_has(wsdl: str) -> None:
    """Unmasked, each way shows one of them: the tests below can fail."""
    for kind, name in BACKENDS:
        made = backend(kind, name, wsdl)
        if name in ("digest", "wsse by digest", "headers"):
            continue
        seen = unmasked(made)
        assert any(form in seen for form in forms(KEY)), name


def unmasked(found: Backend) -> str:
    """Return what a send writes, with its secrets."""
    from smsbridge.http.exchange import Session, drive

    seen: list[str] = []
    auth, site = provider_auth(found.protocols[found.protocol].auth), found.site()

    class Over(Exception):
        pass

    def carry(request: Request) -> Response:
        seen.append(f"{request.url} {request.headers} {request.body.decode()}")
        given = auth.answer(request, found.credentials(), site, lambda _: "token")
        if given is None:
            raise Over
        return given

    with pytest.raises(Over):
        drive(found.send(message(), Session()), carry)
    return " ".join(seen)


@every
def test_no_secret_is_in_what_is_shown(kind: str, name: str, wsdl: str) -> None:
    seen = told(backend(kind, name, wsdl))
    secrets = {KEY, "k-51bc"}
    assert [form for secret in secrets for form in forms(secret) if form in seen] == []


@every
def test_the_message_is_in_the_last_request_and_its_masks_are_named(
    kind: str, name: str, wsdl: str
) -> None:
    found = explain_message(backend(kind, name, wsdl), message())
    last = found.requests[-1]
    assert last.share is None
    assert TEXT.encode() in last.body
    assert NUMBER[1:].encode() in last.body
    assert set(found.masks) <= set(CANARIES) - set(PUBLIC)
    assert found.masks
    assert all(mask == f"{key.upper()}-MASKED" for key, mask in found.masks.items())


@every
def test_no_request_and_no_connection_reaches_the_service(kind: str, name: str, wsdl: str) -> None:
    with FaultServer([answer(200, "{}")]) as server:
        found = explain_message(backend(kind, name, wsdl, server.url), message())
        assert found.requests[-1].url.startswith(server.url)
        assert (server.sends, server.tokens, server.connections) == ([], [], 0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_smsmobileapi_is_shown_over_each_protocol(protocol: str) -> None:
    made = SMSMobileAPI(
        protocol=protocol,
        api_key=Secret(KEY),
        client_id=CANARIES["client_id"],
        client_secret=Secret(KEY),
    )
    found = explain_message(made, message())
    urls = [request.url.removeprefix("https://api.smsmobileapi.com") for request in found.requests]
    assert (
        urls
        == {
            "rest": ["/sendsms/"],
            "soap": ["/sendsms/wsdl/server.php"],
            "oauth": ["/oauth2/token", "/sendsms/"],
        }[protocol]
    )
    seen = told(made)
    assert [form for form in forms(KEY) if form in seen] == []
    assert set(found.masks) == ({"client_secret"} if protocol == "oauth" else {"api_key"})


@pytest.mark.parametrize("name", ["oldcorp", "newcorp"])
def test_the_example_of_the_docs_is_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from smsbridge.config.load import from_file

    monkeypatch.setenv("OLDCORP", KEY)
    monkeypatch.setenv("NEWCORP", KEY)
    made = from_file(name, EXAMPLES / "smsbridge.toml")
    found = explain_message(made, message(reference="order-4711"))
    assert b"order-4711" in found.requests[-1].body
    assert [form for form in forms(KEY) if form in told(made)] == []


# --- each way to say who we are


def of(kind: str, name: str, wsdl: str) -> list[Request]:
    return explain_message(backend(kind, name, wsdl), message()).requests


@pytest.mark.parametrize("kind", ["rest", "soap"])
def test_basic_shows_its_header_with_the_mask_in_base64(kind: str, wsdl: str) -> None:
    (request,) = of(kind, "basic", wsdl)
    word = request.header("authorization").removeprefix("Basic ")
    assert base64.b64decode(word) == b"canary-user:PASSWORD-MASKED"


@pytest.mark.parametrize("kind", ["rest", "soap"])
def test_digest_shows_the_message_bare_and_again_as_a_challenge_asks(kind: str, wsdl: str) -> None:
    bare, signed = of(kind, "digest", wsdl)
    assert bare.header("authorization") == ""
    assert signed.header("authorization").startswith('Digest username="canary-user", ')
    assert (bare.share, signed.share, bare.body, bare.url) == (None, None, signed.body, signed.url)


def test_a_signature_is_that_of_the_mask(wsdl: str) -> None:
    (request,) = of("rest", "a signature", wsdl)
    sent = json.loads(request.body)
    assert sent["a"] == "ACCOUNT-MASKED"
    real = re.compile("[0-9a-f]{32}")
    assert real.fullmatch(sent["sign"])
    assert hashlib.md5(KEY.encode()).hexdigest() not in request.body.decode()


def test_a_login_shows_its_call_and_then_the_message_with_the_masked_token(wsdl: str) -> None:
    login, sent = of("rest", "a login", wsdl)
    assert login.url == "https://api.vendor.example/login"
    assert json.loads(login.body) == {"user": "ACCOUNT-MASKED", "pass": "PASSWORD-MASKED"}
    assert sent.header("x-session") == "TOKEN-MASKED"


def test_a_login_by_soap_shows_both_envelopes(wsdl: str) -> None:
    login, sent = of("soap", "a login", wsdl)
    assert b"KEY-MASKED</" in login.body
    assert b"TOKEN-MASKED</" in sent.body


def test_oauth2_shows_the_token_call_and_then_the_message_with_the_masked_token(wsdl: str) -> None:
    token, sent = of("rest", "oauth2", wsdl)
    assert token.url == "https://api.vendor.example/oauth/token"
    assert token.body == (
        b"grant_type=client_credentials&client_id=canary-id&client_secret=CLIENT_SECRET-MASKED"
    )
    assert sent.header("authorization") == "Bearer TOKEN-MASKED"


def test_wsse_shows_its_block(wsdl: str) -> None:
    (request,) = of("soap", "wsse", wsdl)
    assert b">canary-user</" in request.body
    assert b">PASSWORD-MASKED</" in request.body


# --- masks that a contract would refuse


@pytest.mark.parametrize(
    ("limit", "key", "mask"),
    [
        ('<xsd:maxLength value="8"/>', "s3cr3t", "X0XX0X"),
        ('<xsd:pattern value="[0-9]{6}"/>', "517283", "000000"),
    ],
)
def test_where_the_contract_refuses_a_mask_it_has_the_secret_s_length(
    limit: str, key: str, mask: str, tmp_path: Path
) -> None:
    file = tmp_path / "oldcorp.wsdl"
    file.write_text(changed(('<xsd:maxLength value="40"/>', limit)))
    auth = {"type": "fields", "key": key, "fields": {"request.ref": "{key}"}}
    made = from_mapping(
        {"backend": "soap", "wsdl": str(file), "auth": auth, "send": SUBMIT}, name="vendor"
    )
    found = explain_message(made, message())
    assert found.masks == {"key": mask}
    assert mask.encode() in found.requests[-1].body
    assert key not in told(made)


# --- what can't be sent, and what has no wire


def test_what_could_not_be_sent_is_refused_as_the_send_would(wsdl: str) -> None:
    made = backend("rest", "basic", wsdl)
    with pytest.raises(Unsupported, match="can't send by whatsapp"):
        explain_message(made, message(channels=frozenset({Channel.WHATSAPP})))


def test_a_text_that_soap_can_t_carry_is_refused(wsdl: str) -> None:
    with pytest.raises(InvalidMessage, match="U\\+0007"):
        explain_message(backend("soap", "basic", wsdl), message(text="ding\a"))


def test_a_backend_without_a_wire_has_no_request() -> None:
    found = explain_message(MemoryBackend(), message())
    assert (found.requests, found.masks) == ([], {})
    assert recipient_on_wire(MemoryBackend(), message()) == [NUMBER]


def test_a_broken_contract_is_an_error_of_the_config(wsdl: str) -> None:
    made = backend("soap", "basic", wsdl)
    Path(wsdl).write_text("<html>")
    with pytest.raises(ConfigError, match=r"^wsdl: "):
        explain_message(made, message())


# --- the number and the text


@pytest.mark.parametrize(
    ("route", "fields", "numbers"),
    [
        ("POST /m", {"to": "{recipient}"}, [NUMBER]),
        ("POST /m", {"to": "{recipient|digits}"}, [NUMBER[1:]]),
        ("POST /m", {"to": "{recipient}", "number": "{recipient|digits}"}, [NUMBER, NUMBER[1:]]),
        ("POST /m", {"to": "{recipient}", "copy": "{recipient}"}, [NUMBER]),
        ("POST /m/{recipient|digits}", {}, [NUMBER[1:]]),
        ("POST /m", {"to": {"digits": "00{recipient}"}}, [f"00{NUMBER[1:]}"]),
        ("POST /m", {"to": {"{channels}": {"sms": "tel:{recipient}"}}}, [f"tel:{NUMBER}"]),
        (
            "POST /m",
            {"to": "{recipient|digits}", "sign": {"md5": "{recipient}{key}"}},
            ["12025550123"],
        ),
    ],
)
def test_the_number_is_shown_as_each_field_or_the_route_has_it(
    route: str, fields: dict[str, Any], numbers: list[str]
) -> None:
    send = {**SEND, "route": route, "fields": {**fields, "text": "{text}"}}
    auth = {"type": "fields", "key": KEY, "fields": {"k": "{key}"}}
    keys = {"backend": "rest", "url": "https://v.example", "auth": auth, "send": send}
    assert recipient_on_wire(from_mapping(keys, name="vendor"), message()) == numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello", "5 characters, gsm-7, 1 segment"),
        ("!", "1 character, gsm-7, 1 segment"),
        ("x" * 161, "161 characters, gsm-7, 2 segments"),
        ("Crème brûlée", "12 characters, ucs-2 for û, 1 segment"),
        ("a\u00a0b\u200b", "4 characters, ucs-2 for U+00A0 U+200B, 1 segment"),
        ("一二三四五六七八", "8 characters, ucs-2 for 一 二 三 四 五 六 七 八, 1 segment"),
        ("一二三四五六七八九十", "10 characters, ucs-2 for 一 二 三 四 五 六 七 八 …, 1 segment"),
    ],
)
def test_the_text_is_shown_with_its_encoding_what_forces_it_and_its_segments(
    text: str, said: str
) -> None:
    assert describe_text(message(text=text)) == said


# --- the lines of a request


def lines(kind: str, body: bytes, **headers: str) -> list[str]:
    request = Request(
        method="POST",
        url="https://v.example/m?x=1",
        headers={"Content-Type": kind, **headers},
        body=body,
    )
    return list(request_lines(request))


def test_a_request_is_shown_with_its_headers_and_its_body() -> None:
    assert lines("application/x-www-form-urlencoded", b"a=1&b=%2B", Accept="x/y") == [
        "POST https://v.example/m?x=1",
        "Content-Type: application/x-www-form-urlencoded",
        "Accept: x/y",
        "",
        "a=1&b=%2B",
    ]
    assert lines("text/plain", b"") == ["POST https://v.example/m?x=1", "Content-Type: text/plain"]


def test_json_is_indented_and_keeps_its_letters() -> None:
    body = json.dumps({"to": {"text": "né"}}).encode()
    assert lines("application/json; charset=utf-8", body)[3:] == [
        "{",
        '  "to": {',
        '    "text": "né"',
        "  }",
        "}",
    ]


@pytest.mark.parametrize("kind", ["text/xml; charset=utf-8", 'application/soap+xml; action="x"'])
def test_xml_is_indented_and_keeps_its_letters(kind: str) -> None:
    body = "<?xml version='1.0' encoding='utf-8'?><a><b>né &amp;</b></a>".encode()
    assert lines(kind, body)[3:] == ["<a>", "  <b>né &amp;</b>", "</a>"]


class ByCookie:
    """An auth of somebody's own, without its provider's side."""

    credentials = ("token",)
    scheme = ""

    def fields(self, _credentials: Mapping[str, str]) -> dict[str, Any]:
        return {}

    def carry(
        self, make: Make, credentials: Mapping[str, str], _site: Site, _session: Session
    ) -> Exchange[Response]:
        request = yield from make({})
        headers = {**request.headers, "Cookie": f"token={credentials['token']}"}
        return (yield replace(request, headers=headers))


@decorate
class Cookies(Gate):
    name = "cookies"
    protocols = {"rest": Protocol(Rest(body="json"), ByCookie(), **ALL)}


def test_an_auth_of_somebody_s_own_shows_its_request() -> None:
    (request,) = explain_message(Cookies(), message()).requests
    assert request.header("cookie") == "token=TOKEN-MASKED"


def test_a_token_that_a_private_key_signs_is_shown_without_that_key() -> None:
    auth = {"type": "jwt", "algorithm": "ES256", "key": KEY, "claims": {"sub": "A-1"}}
    block = {"backend": "rest", "url": "https://gate.example", "auth": auth, "send": SEND}
    found = explain_message(from_mapping(block), Message(recipient=NUMBER, text=TEXT))
    assert found.requests[0].header("authorization").startswith("Bearer ey")
    assert found.masks == {"key": "KEY-MASKED"}
