"""WS-Security's UsernameToken, without any I/O: against zeep's own, and by canonical XML."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from zeep.wsse import username

from smsbridge.auth.username_token import WSSE, WSU, UsernameToken
from smsbridge.codecs.soap.envelope import CONTENT_TYPES, SOAP11, SOAP12, read_envelope, unsendable
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.errors import ConfigError
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session

by_zeep: Any = username.UsernameToken

SITE = Site(url="https://sms.example")
NOW = datetime(2026, 11, 22, 13, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
CREATED = "2026-11-22T11:00:59Z"
NONCE = b"0123456789abcdef"
SESSION = Session(now=lambda: NOW, random=lambda count: NONCE[:count])
BOTH = {"user": "NNK", "password": "IloveDogs"}
PLAIN, DIGEST = UsernameToken("user", "password"), UsernameToken("user", "password", digest=True)
SPACES = {"wsse": WSSE, "wsu": WSU}
BLOCK = '<h:id xmlns:h="urn:h" e:mustUnderstand="0">7</h:id>'

versions = pytest.mark.parametrize("version", [SOAP11, SOAP12])
tokens = pytest.mark.parametrize("token", [PLAIN, DIGEST], ids=["text", "digest"])
headers = pytest.mark.parametrize(
    "header", ["", "<e:Header/>", f"<e:Header>\n {BLOCK}\n</e:Header>"], ids=["no", "empty", "full"]
)


def asked(
    header: str = "", version: str = SOAP11, inside: str = "<m:send>\xfc</m:send>"
) -> Request:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<e:Envelope xmlns:e="{version}" xmlns:m="urn:m" '
        f'xmlns:unused="urn:u">{header}<e:Body m:id="1">\n {inside} </e:Body></e:Envelope>'
    )
    kind = {"Content-Type": CONTENT_TYPES[version], "SOAPAction": '"x"'}
    url = "https://sms.example/soap"
    return Request(method="POST", url=url, headers=kind, body=body.encode())


def secured(
    token: UsernameToken, request: Request, both: dict[str, str] = BOTH, session: Session = SESSION
) -> Request:
    def make(_: object) -> Exchange[Request]:
        yield from ()
        return request

    exchange = token.carry(make, both, SITE, session)
    sent = next(exchange)
    answer = Response(status=401)
    with pytest.raises(StopIteration) as end:
        exchange.send(answer)
    assert end.value.value is answer
    return sent


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n")


def found(request: Request, path: str) -> etree._Element:
    elements = etree.fromstring(request.body).findall(path, SPACES)
    assert len(elements) == 1
    return elements[0]


@versions
@tokens
@headers
def test_the_block_is_the_first_of_the_header_and_all_else_is_as_it_was(
    version: str, token: UsernameToken, header: str
) -> None:
    before = asked(header, version)
    after = secured(token, before)
    assert replace(after, body=before.body) == before
    envelope = etree.fromstring(after.body)
    head, body = envelope
    assert (head.tag, body.tag) == (f"{{{version}}}Header", f"{{{version}}}Body")
    security, *others = head
    assert security.tag == f"{{{WSSE}}}Security"
    assert security.items() == [(f"{{{version}}}mustUnderstand", "1")]
    assert [child.tag for child in security] == [
        f"{{{WSU}}}Timestamp",
        f"{{{WSSE}}}UsernameToken",
    ]
    assert canonical(body) == canonical(found(before, f"{{{version}}}Body"))
    head.remove(security)
    assert [other.tag for other in others] == ([] if "urn:h" not in header else ["{urn:h}id"])
    if header:
        assert canonical(envelope) == canonical(etree.fromstring(before.body))


@versions
@tokens
def test_our_own_reader_understands_the_block(version: str, token: UsernameToken) -> None:
    envelope = read_envelope(secured(token, asked(version=version)).body, REQUEST, "text/xml")
    assert (envelope.version, envelope.child.tag) == (version, "{urn:m}send")


def test_an_envelope_in_a_default_namespace_stays_one() -> None:
    body = f'<Envelope xmlns="{SOAP12}"><Body><send xmlns="urn:m"/></Body></Envelope>'.encode()
    after = secured(PLAIN, replace(asked(), body=body))
    security = found(after, f"{{{SOAP12}}}Header/wsse:Security")
    assert security.get(f"{{{SOAP12}}}mustUnderstand") == "1"
    assert b'<Body><send xmlns="urn:m"/></Body></Envelope>' in after.body


def test_the_block_is_valid_from_now_in_utc_for_some_seconds() -> None:
    for token, expires in (
        (PLAIN, "2026-11-22T11:05:59Z"),
        (replace(DIGEST, seconds=60), "2026-11-22T11:01:59Z"),
    ):
        stamp = found(secured(token, asked()), ".//wsu:Timestamp")
        assert [(child.tag, child.text) for child in stamp] == [
            (f"{{{WSU}}}Created", CREATED),
            (f"{{{WSU}}}Expires", expires),
        ]


@pytest.mark.parametrize("password", ["IloveDogs", "<&]]>'\"", "pä ss\r\n\t", " 🐶 "])
@tokens
@versions
def test_the_token_is_what_zeep_writes_from_the_same_nonce_and_time(
    password: str, token: UsernameToken, version: str
) -> None:
    both = {"user": "N&K <ü>", "password": password}
    ours = found(secured(token, asked(version=version), both), ".//wsse:UsernameToken")
    theirs = by_zeep(
        both["user"],
        password,
        use_digest=token.digest,
        nonce=NONCE.decode(),
        created=NOW.astimezone(UTC),
        zulu_timestamp=True,
    )
    envelope, _ = theirs.apply(etree.fromstring(asked(version=version).body), {})
    (expected,) = envelope.iterfind(".//wsse:UsernameToken", SPACES)
    assert [element_of(child) for child in ours] == [element_of(child) for child in expected]


def element_of(element: etree._Element) -> tuple[str, str | None, dict[str, str]]:
    return str(element.tag), element.text, {str(k): str(v) for k, v in element.attrib.items()}


def test_a_digest_is_that_of_the_profile_and_the_password_is_nowhere() -> None:
    sent = secured(DIGEST, asked())
    digest = hashlib.sha1(NONCE + CREATED.encode() + b"IloveDogs").digest()
    assert found(sent, ".//wsse:Password").text == base64.b64encode(digest).decode()
    assert b"IloveDogs" not in sent.body


def test_each_request_has_a_nonce_of_its_own() -> None:
    said = {found(secured(DIGEST, asked(), session=Session()), ".//wsse:Nonce").text for _ in "ab"}
    assert [len(base64.b64decode(nonce or "")) for nonce in said] == [16, 16]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"to=%2B1&text=x",
        b'{"to": "+1"}',
        b"<Envelope/>",
        b"\xff\xfe",
        b"<e:Envelope xmlns:e='%s'>" % SOAP11.encode(),
        b"<e:Other xmlns:e='%s'/>" % SOAP11.encode(),
        b"<!DOCTYPE e [<!ENTITY x 'y'>]><e:Envelope xmlns:e='%s'>&x;</e:Envelope>"
        % SOAP11.encode(),
        b"<e:Envelope xmlns:e='%s'>%s</e:Envelope>" % (SOAP11.encode(), b"<a>" * 50 + b"</a>" * 50),
        b"<e:Envelope xmlns:e='%s'>%s</e:Envelope>" % (SOAP11.encode(), b" " * 2_000_000),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_envelope_is_an_error_of_the_config_and_never_right(body: bytes) -> None:
    request = replace(asked(), body=body)
    with pytest.raises(ConfigError, match="WS-Security is for SOAP"):
        secured(PLAIN, request)
    assert not PLAIN.presented(request, {})
    assert not PLAIN.valid(request, {}, BOTH, ())


@pytest.mark.parametrize("key", ["user", "password"])
def test_what_xml_cannot_carry_is_an_error_that_does_not_show_it(key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: ") as error:
        secured(PLAIN, asked(), {**BOTH, key: "canary\x00"})
    assert "canary" not in str(error.value)


def test_a_digest_is_of_any_password() -> None:
    both = {**BOTH, "password": "a\x00b"}
    assert DIGEST.valid(secured(DIGEST, asked(), both), {}, both, ())


TEXT = st.text(min_size=1).filter(lambda text: not unsendable(text))


@given(user=TEXT, password=TEXT, token=st.sampled_from([PLAIN, DIGEST]))
def test_any_name_and_any_password_get_through(
    user: str, password: str, token: UsernameToken
) -> None:
    both = {"user": user, "password": password}
    sent = secured(token, asked(), both)
    assert token.valid(sent, {}, both, ())
    assert not token.valid(sent, {}, {**both, "user": f"{user}x"}, ())
    assert not token.valid(sent, {}, {**both, "password": f"{password}x"}, ())


@versions
@pytest.mark.parametrize("use_digest", [False, True])
@tokens
def test_what_zeep_writes_is_presented_and_valid(
    version: str, token: UsernameToken, *, use_digest: bool
) -> None:
    writer = by_zeep(BOTH["user"], BOTH["password"], use_digest=use_digest)
    envelope, _ = writer.apply(etree.fromstring(asked(version=version).body), {})
    request = replace(asked(version=version), body=etree.tostring(envelope))
    assert token.presented(request, {})
    assert token.valid(request, {}, BOTH, ())
    assert not token.valid(request, {}, {**BOTH, "password": "other"}, ())
    assert not token.valid(request, {}, {}, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("NNK", "nnk"),
        ("#PasswordDigest", "#PasswordOther"),
        ("#PasswordDigest", "#PasswordText"),
        ("wsse:Nonce", "wsse:Other"),
        (base64.b64encode(NONCE).decode(), "not base64!"),
        (base64.b64encode(NONCE).decode(), "ü"),
        (f"{CREATED}</wsu:Created></wsse", f"{CREATED[:-1]}</wsu:Created></wsse"),
        ("<wsse:Username>", "<wsse:Username>x</wsse:Username><wsse:Username>"),
        ("<wsse:Password ", "<wsse:Password>x</wsse:Password><wsse:Password "),
        ("wsse:Password", "wsse:Other"),
        ("<wsse:UsernameToken>", "<wsse:UsernameToken/><wsse:UsernameToken>"),
        ("wsse:Security", "wsse:Other"),
        ("e:Header", "e:Other"),
    ],
)
def test_a_block_that_was_changed_is_not_valid(before: str, after: str) -> None:
    sent = secured(DIGEST, asked())
    changed = sent.body.decode().replace(before, after)
    assert changed != sent.body.decode()
    assert DIGEST.valid(sent, {}, BOTH, ())
    assert not DIGEST.valid(replace(sent, body=changed.encode()), {}, BOTH, ())


def test_a_password_without_a_type_is_text() -> None:
    sent = secured(PLAIN, asked())
    kind = found(sent, ".//wsse:Password").get("Type")
    bare = replace(sent, body=sent.body.replace(f' Type="{kind}"'.encode(), b""))
    assert bare.body != sent.body
    assert PLAIN.valid(bare, {}, BOTH, ())


def test_it_needs_two_config_keys_and_adds_no_field_and_answers_nothing() -> None:
    assert PLAIN.credentials == ("user", "password")
    assert PLAIN.fields(BOTH) == {}
    assert not PLAIN.presented(asked(BLOCK), {})
    PLAIN.answer(asked(), BOTH, str)


def test_a_password_is_in_no_repr() -> None:
    assert "IloveDogs" not in repr(secured(PLAIN, asked()))
