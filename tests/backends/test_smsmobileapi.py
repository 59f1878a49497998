"""SMSMobileAPI: each parameter that the provider's documents name, on the wire and back."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest

from smsbridge import Channel, InvalidMessage, Message, Secret, Unsupported
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.http.exchange import Session

from support.each import each

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BACKEND = SMSMobileAPI(api_key=Secret("k-1"))
SEND = BACKEND.protocols["rest"].send


def form(**more: Any) -> dict[str, str]:
    message = Message(**{"recipient": "+12025550123", "text": "Hello", **more})
    request = next(BACKEND.send(message, Session(now=lambda: NOW)))
    assert (request.method, request.url) == ("POST", "https://api.smsmobileapi.com/sendsms/")
    fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    assert fields.pop("apikey") == "k-1"
    return fields


def test_an_sms_has_a_number_and_a_text_and_nothing_else() -> None:
    assert form() == {"recipients": "+12025550123", "message": "Hello"}


def test_whatsapp_alone_goes_without_the_plus() -> None:
    assert form(channels="whatsapp") == {
        "recipients": "12025550123",
        "message": "Hello",
        "sendwa": "1",
        "sendsms": "0",
    }


def test_both_channels_are_one_request() -> None:
    assert form(channels=["whatsapp", "sms"]) == {
        "recipients": "+12025550123",
        "message": "Hello",
        "sendwa": "1",
        "sendsms": "1",
    }


def test_a_schedule_is_unix_seconds() -> None:
    when = datetime(2030, 1, 1, 9, tzinfo=timezone(timedelta(hours=2)))
    assert form(send_at=when)["schedule_timestamp"] == "1893481200"


@each(
    ("option", "field"),
    [
        ({"device": "phone-7"}, {"sIdentifiant": "phone-7"}),
        ({"sim": 2}, {"port": "2"}),
        ({"short_links": True}, {"shorturl": "1"}),
        ({"encrypt": True}, {"encrypt_message": "yes"}),
        ({"origin": "python"}, {"from": "python"}),
        ({"short_links": False, "encrypt": False}, {}),
    ],
)
def test_an_option_is_its_field(option: dict[str, Any], field: dict[str, str]) -> None:
    sent = form(options=SMSMobileAPIOptions(**option))
    assert sent == {"recipients": "+12025550123", "message": "Hello", **field}


@each(
    ("option", "field"),
    [
        ("media_url", "url_media"),
        ("media_url_short", "url_media_shorted"),
        ("pdf_with_image", "pdf_with_image"),
    ],
)
def test_media_go_by_whatsapp_and_are_refused_by_sms_alone(option: str, field: str) -> None:
    options = SMSMobileAPIOptions(**{option: "https://media.example/a.png"})  # type: ignore[arg-type]  # by name
    for channels in ("whatsapp", ["sms", "whatsapp"]):
        assert form(options=options, channels=channels)[field] == "https://media.example/a.png"
    with pytest.raises(Unsupported, match=f"options.{option} by sms"):
        form(options=options)


@each("sim", [0, 3, "1", True, 1.0])
def test_a_sim_slot_is_1_or_2(sim: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"options\.sim"):
        SMSMobileAPIOptions(sim=sim)


def taken(**fields: Any) -> tuple[str, set[Channel], list[str]]:
    notes: list[str] = []
    given = {"recipients": "+12025550123", "message": "Hello", **fields}
    assert SEND is not None
    message = BACKEND.taken(SEND, given, notes.append)
    return message.recipient, set(message.channels), notes


SMS, WHATSAPP = {Channel.SMS}, {Channel.WHATSAPP}


@each(
    ("fields", "channels"),
    [
        ({}, SMS),
        ({"sendsms": ""}, SMS),
        ({"sendsms": "1"}, SMS),
        ({"sendwa": "1"}, SMS | WHATSAPP),
        ({"sendwa": "1", "sendsms": "0"}, WHATSAPP),
        ({"waonly": "yes"}, WHATSAPP),
        ({"sendwa": "0"}, SMS),
    ],
)
def test_the_provider_reads_the_channels(fields: dict[str, str], channels: set[Channel]) -> None:
    assert taken(**fields)[1] == channels


def test_the_provider_reads_a_literal_plus_and_a_number_without_plus_for_whatsapp() -> None:
    assert taken(recipients=" 12025550123")[::2] == ("+12025550123", ["a literal + in a query"])
    assert taken(recipients="12025550123", waonly="yes")[0] == "+12025550123"


@each(
    "fields",
    [
        {"recipients": ""},
        {"recipients": "12025550123"},
        {"recipients": "+1202555"[:5]},
        {"recipients": "+12025550123,+12025550124"},
        {"message": ""},
        {"message": {"b": "Hello"}},
        {"message": ["Hello"]},
        {"message": True},
        {"recipients": {"b": "+12025550123"}},
        {"sendsms": "0"},
    ],
)
def test_the_provider_refuses_what_it_cannot_send(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        taken(**fields)


def test_what_the_client_writes_the_provider_reads_back() -> None:
    for channels in (SMS, WHATSAPP, SMS | WHATSAPP):
        assert taken(**form(channels=channels))[:2] == ("+12025550123", channels)


BY_API_KEY = """
import sys
from smsbridge import Client
from smsbridge.config import from_mapping
from smsbridge.http.exchange import Response

class Carrier:
    def send(self, request, deadline):
        return Response(status=200, body=b'{"result": {"error": "0", "id": "7"}}')

    def close(self):
        pass

backend = from_mapping({"backend": "smsmobileapi", "api_key": "k-1"})
with Client(backend, transport=Carrier()) as client:
    assert client.send("+12025550123", "Hello").id == "7"
print(sorted(name for name in sys.modules if name.startswith("smsbridge.auth.")))
"""


def test_a_send_by_api_key_enters_no_file_of_oauth_or_of_another_conversation() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BY_API_KEY], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "['smsbridge.auth.schemes', 'smsbridge.auth.token']"
