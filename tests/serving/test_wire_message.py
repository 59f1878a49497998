"""A message is read from its request by meaning: what a provider gets, not how it is written."""

from __future__ import annotations

import tomllib

import pytest

from smsbridge import Backend, Channel, Message
from smsbridge.backends.catalogue import catalogue_names, shipped_file
from smsbridge.config.load import from_mapping
from smsbridge.http.exchange import Request
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.send_requests import requests_of_send
from smsbridge.serving.wire_message import WireMessage, WireReader

from support.blocks import REST_SEND, SOAP_SEND, rest, soap
from support.each import each

NUMBER = "+12025550123"
TEXT = 'Grüße & <b>"1"</b>\r\n\N{GRINNING FACE}'


def wire(backend: Backend, message: Message) -> WireMessage:
    request = requests_of_send(backend, message, str).message
    assert request is not None
    return WireReader.of(backend).read(request, message)


def send(to: str = "{recipient}", body: str = '"{text}"', more: str = "") -> str:
    fields = f'{{ to = "{to}", body = {body}{more} }}'
    return f"""
[send]
route = "POST /sms"
fields = {fields}
accepted = {{ when = {{ a = 1 }} }}
"""


def message(text: str = TEXT, sender: str | None = None) -> Message:
    return Message(recipient=NUMBER, text=text, sender=sender, reference="r-1")


@each(
    ("to", "seen"),
    [
        ("{recipient}", NUMBER),
        ("{recipient|digits}", "12025550123"),
        ("00{recipient|digits}", "0012025550123"),
        ("tel:{recipient}", "tel:+12025550123"),
    ],
)
def test_a_recipient_is_as_it_is_dialled(to: str, seen: str) -> None:
    assert wire(rest(send(to)), message()).recipient == seen


def test_a_recipient_in_the_route_and_one_of_several_are_found() -> None:
    route = (
        send()
        .replace("POST /sms", "POST /sms/{recipient|digits}")
        .replace('to = "{recipient}", ', "")
    )
    assert wire(rest(route), message()).recipient == "12025550123"
    several = 'most = 2\nrows = "r"\nrow = { recipient = "to" }'
    assert (
        wire(rest(send("{recipients|digits}") + "\n" + several), message()).recipient
        == "12025550123"
    )


def test_what_is_in_headers_is_found() -> None:
    names = 'To = "{recipient}", Text = "{text|url}", From = "{sender}", Ref = "{reference}"'
    block = f"""
[send]
route = "POST /sms"
fields = {{ kind = "sms" }}
headers = {{ {names} }}
accepted = {{ when = {{ a = 1 }} }}
"""
    found = wire(rest(block), message(sender="Shop"))
    assert (found.recipient, found.text) == (NUMBER, TEXT)
    assert (found.sender, found.reference) == ("Shop", "r-1")


@each(
    "body",
    [
        '"{text}"',
        '"{text|hex-ucs2}"',
        '"{text|hex}"',
        '"{text|base64}"',
        '{ "{encoding}" = { gsm-7 = "{text}", ucs-2 = "{text|hex-ucs2}" } }',
        "'<sms><to>x</to><text>{text|xml}</text></sms>'",
    ],
)
def test_a_text_is_what_is_read_whatever_its_form(body: str) -> None:
    assert wire(rest(send(body=body)), message()).text == TEXT
    assert wire(rest(send(body=body)), message("Hello")).text == "Hello"


@each(
    ("body", "seen"),
    [('"{text|upper}"', "HELLO"), ('"ACME: {text}"', "ACME: Hello")],
)
def test_what_a_table_does_to_a_text_is_seen(body: str, seen: str) -> None:
    assert wire(rest(send(body=body)), message("Hello")).text == seen


def test_a_sender_and_a_reference_are_there_or_empty() -> None:
    both = rest(send(more=', from = "{sender}", ref = "{reference}"'))
    found = wire(both, message(sender="ACME"))
    assert (found.sender, found.reference) == ("ACME", "r-1")
    found = wire(rest(send()), message())
    assert (found.sender, found.reference) == ("", "")


def test_an_envelope_is_read_as_a_form_is() -> None:
    found = wire(soap(SOAP_SEND.replace("{recipient}", "{recipient|digits}")), message())
    assert (found.recipient, found.text) == ("12025550123", TEXT)


def test_channels_are_read() -> None:
    backend = from_mapping({"backend": "smsmobileapi", "api_key": "k"})
    assert wire(backend, message()).channels == "sms"
    by_whatsapp = Message(recipient=NUMBER, text=TEXT, channels=frozenset({Channel.WHATSAPP}))
    assert wire(backend, by_whatsapp).channels == "whatsapp"
    both = Message(recipient=NUMBER, text=TEXT, channels=frozenset(Channel))
    assert wire(backend, both).channels == "sms+whatsapp"


def test_what_its_table_can_not_read_is_an_error() -> None:
    reader = WireReader.of(rest(REST_SEND))
    with pytest.raises(Unreadable):
        reader.read(Request(method="GET", url="https://gate.example/other"), message())
    with pytest.raises(Unreadable):
        reader.read(
            Request(
                method="POST",
                url="https://gate.example/sms",
                headers={"Content-Type": "application/json"},
                body=b"[",
            ),
            message(),
        )


def test_each_provider_of_the_catalogue_is_read_back_whole() -> None:
    wrong = {}
    for name in sorted(catalogue_names()):
        document = tomllib.loads(shipped_file(name).read_text(encoding="utf-8"))
        keys = dict.fromkeys(document.get("credentials", {}), "k-1")
        keys |= document["provenance"].get("samples", {})
        keys |= {} if document.get("url") else {"url": "https://gate.example"}
        found = wire(from_mapping({"backend": name, **keys}), message())
        if found.text != TEXT or not found.recipient.endswith(NUMBER[1:]):
            wrong[name] = found
    assert wrong == {}
