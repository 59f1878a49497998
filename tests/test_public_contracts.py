"""Services that exist or existed, each brought into use by a block of TOML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from smsbridge import Client, OutcomeUnknown, Rejected, Status
from smsbridge.codecs.soap.load import load_port, load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.reader import XSI
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_file
from smsbridge.errors import ConfigError
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.corpus import CONTRACTS
from support.each import each

PUBLIC = CONTRACTS / "public"
NUMBER = "+12025550123"
TEXT = "hé 😀 <&>"

ASMX = """
backend = "soap"
wsdl = "{wsdl}"
{more}

[backends.it.send]
operation = "SendSMS"
fields = {{ gsmNumber = "{{recipient|digits}}", text = "{{text}}" }}
accepted = {{ when = {{ SendSMSResult = "OK" }} }}
rejected = {{ SendSMSResult = {{ NOCREDIT = "quota" }} }}
"""
AVIST = """
backend = "soap"
wsdl = "{wsdl}"
statuses = {{ text = "delivered" }}
{more}

[backends.it.send]
operation = "sendSms"
fields = {{ to = "{{recipient|digits}}", message = "{{text}}", from = "{{sender}}", translit = 0 }}
accepted = {{ when = {{ return = "/[0-9]+/" }}, id = "return" }}
rejected = {{ return = {{ "-1" = "authentication" }} }}

[backends.it.status]
operation = "getStatus"
fields = {{ message_id = "{{id}}" }}
row = {{ status = "return" }}
"""


def block(folder: Path, text: str, file: str, more: str = "") -> Any:
    config = folder / "smsbridge.toml"
    filled = text.format(wsdl=(PUBLIC / file).as_posix(), more=more)
    config.write_text(f"[backends.it]{filled}")
    return from_file(None, path=config)


def body(provider: Provider) -> etree._Element:
    (found,) = etree.fromstring(provider.requests[-1].body).findall("{*}Body/*")
    return found


@each(
    ("port", "kind"),
    [
        ("", "text/xml; charset=utf-8"),
        ("SMSSoap", "text/xml; charset=utf-8"),
        (
            "SMSSoap12",
            'application/soap+xml; charset=utf-8; action="http://barnaland.is/dev/SendSMS"',
        ),
    ],
)
def test_the_asmx_service_takes_a_message_by_either_soap(
    tmp_path: Path, port: str, kind: str
) -> None:
    backend = block(tmp_path, ASMX, "asmx-sms.wsdl", f'port = "{port}"' if port else "")
    provider = Provider(backend)
    with Client(backend, transport=InProcess(provider)) as client:
        submission = client.send(NUMBER, TEXT)
    assert submission.status is Status.ACCEPTED
    assert [(taken.recipient, taken.text) for taken in provider.messages] == [(NUMBER, TEXT)]
    request = provider.requests[-1]
    assert request.url == "https://asmx.sms.example/dev/sms.asmx"
    assert request.header("content-type") == kind
    space = "{http://barnaland.is/dev/}"
    assert [(child.tag, child.text) for child in body(provider).iter()] == [
        (f"{space}SendSMS", None),
        (f"{space}gsmNumber", "12025550123"),
        (f"{space}text", TEXT),
    ]


def test_its_bindings_of_http_are_no_ports_for_soap(tmp_path: Path) -> None:
    assert list(load_ports(read_source(PUBLIC / "asmx-sms.wsdl"))) == ["SMSSoap", "SMSSoap12"]
    with pytest.raises(ConfigError, match="no SOAP port 'SMSHttpPost'; it has SMSSoap, SMSSoap12"):
        block(tmp_path, ASMX, "asmx-sms.wsdl", 'port = "SMSHttpPost"')


def test_the_php_service_takes_a_message_and_says_where_it_stands(tmp_path: Path) -> None:
    backend = block(tmp_path, AVIST, "avist-sms.wsdl")
    provider = Provider(backend)
    with Client(backend, transport=InProcess(provider)) as client:
        submission = client.send(NUMBER, TEXT, sender="Acme")
        assert re.fullmatch("[0-9]+", submission.id or "")
        sent = body(provider)
        row = client.status(submission)
    assert [(taken.recipient, taken.text) for taken in provider.messages] == [(NUMBER, TEXT)]
    assert sent.tag == "{http://litesms.net/sms_soap.php}sendSms"
    assert [(child.tag, child.text) for child in sent] == [
        ("message", TEXT),
        ("to", "12025550123"),
        ("from", "Acme"),
        ("translit", "0"),
    ]
    (asked,) = body(provider)
    assert (asked.tag, asked.text) == ("message_id", submission.id)
    assert asked.get(f"{{{XSI}}}type", "").endswith(":int")
    assert row.status is Status.DELIVERED


@each(
    ("answer", "ending"),
    [("-1", Rejected), ("<html>", OutcomeUnknown), ("", OutcomeUnknown)],
)
def test_what_the_php_service_says_otherwise_is_no_acceptance(
    tmp_path: Path, answer: str, ending: type[Exception]
) -> None:
    backend = block(tmp_path, AVIST, "avist-sms.wsdl")
    fixture = tmp_path / "it.yaml"
    fixture.write_text(
        "smsbridge-fixture: 1\nid: it/send\ntitle: An answer\n"
        'provenance: {source: ASSUMED, evidence: a test, date: "2026-11-23"}\n'
        f'interactions:\n  - {{id: it, call: {{operation: send}}, reply: {{return: "{answer}"}}}}\n'
    )
    client = Client(backend, transport=InProcess(Provider(backend, fixture)))
    with pytest.raises(ending):
        client.send(NUMBER, TEXT, sender="Acme")


def test_an_operation_without_parameters_and_types_of_the_encoding_are_written() -> None:
    contract = load_port(read_source(PUBLIC / "avist-sms.wsdl"))
    wrapper = etree.fromstring(contract.write("getBalance", "input", {}))[0][0]
    assert (wrapper.tag, len(wrapper)) == ("{http://litesms.net/sms_soap.php}getBalance", 0)
    mixed = contract.types("mixed")
    assert mixed is not None
    assert [part.name for part in mixed.parts] == ["varString", "varInt", "varFloat", "varArray"]
    assert mixed.parts[-1].type.item is mixed


def test_the_file_as_published_is_refused_with_its_defect_named(tmp_path: Path) -> None:
    file = "avist-sms-as-published.wsdl"
    with pytest.raises(BadWSDL, match="its schema has <complexType> in the namespace of WSDL"):
        load_port(read_source(PUBLIC / file))
    with pytest.raises(
        ConfigError, match=r"smsbridge.toml, line 3, \[backends.it\]: wsdl: the WSDL"
    ):
        block(tmp_path, AVIST, file)


def test_no_address_is_that_of_a_real_host_and_there_is_no_credential() -> None:
    for file in PUBLIC.glob("*.wsdl"):
        text = file.read_text()
        places = re.findall(r'location="(https?://[^"]*)"', text)
        assert places
        assert all(re.match(r"https://[a-z.]*\.example/", place) for place in places)
        assert not re.search("password|secret|api.?key", text, re.IGNORECASE)
        assert f"`{file.name}`" in (PUBLIC / "README.md").read_text()
