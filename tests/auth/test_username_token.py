"""WS-Security's UsernameToken, without any I/O: against zeep's own, and by canonical XML."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC

import pytest
from lxml import etree

from smsbridge.auth.schemes import UsernameToken
from smsbridge.auth.username_token import WSU
from smsbridge.codecs.soap.envelope import (
    SOAP11,
    SOAP12,
    WSSE,
    read_envelope,
)
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Session

from support.each import each
from support.username_tokens import (
    BOTH,
    CREATED,
    DIGEST,
    NONCE,
    NOW,
    PLAIN,
    SPACES,
    asked,
    by_zeep,
    found,
    secured,
    tokens,
    versions,
)

BLOCK = '<h:id xmlns:h="urn:h" e:mustUnderstand="0">7</h:id>'

headers = pytest.mark.parametrize(
    "header", ["", "<e:Header/>", f"<e:Header>\n {BLOCK}\n</e:Header>"], ids=["no", "empty", "full"]
)


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n")


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


@each("password", ["IloveDogs", "<&]]>'\"", "pä ss\r\n\t", " 🐶 "])
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


@each(
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
)
def test_what_is_no_envelope_is_an_error_of_the_config(body: bytes) -> None:
    request = replace(asked(), body=body)
    with pytest.raises(ConfigError, match="WS-Security is for SOAP"):
        secured(PLAIN, request)


@each("key", ["user", "password"])
def test_what_xml_cannot_carry_is_an_error_that_does_not_show_it(key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: ") as error:
        secured(PLAIN, asked(), {**BOTH, key: "canary\x00"})
    assert "canary" not in str(error.value)


def test_it_needs_two_config_keys_and_adds_no_field() -> None:
    assert PLAIN.credentials == ("user", "password")
    assert PLAIN.fields(BOTH) == {}


def test_a_password_is_in_no_repr() -> None:
    assert "IloveDogs" not in repr(secured(PLAIN, asked()))
