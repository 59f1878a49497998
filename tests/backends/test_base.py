"""A table becomes a backend: its keys, its checks, and its requests, without any I/O."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import timedelta
from typing import Any

import pytest

from smsbridge import (
    Backend,
    ConfigError,
    Fields,
    InvalidMessage,
    Message,
    Operation,
    Options,
    Protocol,
    Rest,
    Secret,
    Unsupported,
    When,
    backend,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.http.exchange import Request, Session

from support.blocks import NOW
from support.each import each


@backend
class Ten(Backend):
    """The ten lines that a backend takes."""

    name = "ten"
    url = "https://api.ten.example"
    token: Secret

    protocols = {
        "rest": Protocol(
            Rest(body="json"),
            Fields({"token": "{token}"}),
            send=Operation(
                "POST /v1/messages",
                fields={"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
                accepted=When({"state": "QUEUED"}, id="id"),
            ),
        ),
        "none": Protocol(Rest(), Fields({"token": "{token}"})),
    }


def request(backend: Backend, **fields_of_message: Any) -> Request:
    message = Message(**{"recipient": "+12025550123", "text": "Hello", **fields_of_message})
    return next(backend.send(message, Session(now=lambda: NOW)))


def test_ten_lines_make_a_backend() -> None:
    sent = request(Ten(token=Secret("t-1")), reference="r-1")
    assert sent.url == "https://api.ten.example/v1/messages"
    assert sent.body == b'{"to": "+12025550123", "text": "Hello", "ref": "r-1", "token": "t-1"}'


def test_a_plain_class_attribute_is_the_default_of_an_inherited_key() -> None:
    assert Ten(token=Secret("t")).url == "https://api.ten.example"
    assert Ten(token=Secret("t"), url="https://other.example").url == "https://other.example"


def test_the_keys_are_the_base_classs_and_its_own() -> None:
    assert [key.name for key in fields(Ten)] == [
        "url",
        "protocol",
        "timeout",
        "ca",
        "client_cert",
        "client_cert_password",
        "proxy",
        "cleartext_hosts",
        "wsdl",
        "wsdl_sha256",
        "default_region",
        "time_zone",
        "retry",
        "limit",
        "answer_limit",
        "element_limit",
        "log",
        "transport",
        "callback",
        "token",
    ]


def test_a_backend_is_frozen_and_masks_its_secrets() -> None:
    backend = Ten(token=Secret("canary"), proxy=Secret("http://u:canary@proxy.example"))
    assert "canary" not in repr(backend)
    with pytest.raises(FrozenInstanceError):
        backend.timeout = 1.0


def test_text_for_a_secret_becomes_one() -> None:
    assert Ten(token="t-1").token == Secret("t-1")  # type: ignore[arg-type]  # as config gives it


@each("timeout", [0, -1, 3601, "5", None, True])
def test_a_timeout_is_seconds_up_to_an_hour(timeout: Any) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        Ten(token=Secret("t"), timeout=timeout)


def test_a_protocol_that_is_not_offered_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="ten offers rest, none"):
        Ten(token=Secret("t"), protocol="soap")


def test_the_first_protocol_whose_credentials_are_there_is_the_default() -> None:
    assert SMSMobileAPI(api_key=Secret("k")).protocol == "rest"
    assert SMSMobileAPI(client_id="i", client_secret=Secret("s")).protocol == "oauth"


@each(
    ("keys", "missing"),
    [
        ({}, "rest needs api_key"),
        ({"protocol": "oauth"}, "oauth needs client_id and client_secret"),
        ({"protocol": "soap", "client_id": "i"}, "soap needs api_key"),
    ],
)
def test_missing_credentials_are_named(keys: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        SMSMobileAPI(**keys)


def test_an_operation_that_a_protocol_has_not_is_unsupported_with_those_that_have() -> None:
    with pytest.raises(Unsupported, match="ten over none can't send; rest can"):
        request(Ten(token=Secret("t"), protocol="none"))


@each(
    ("more", "what"),
    [
        ({"channels": "whatsapp"}, "send by whatsapp; rest and oauth can"),
        ({"channels": ["sms", "whatsapp"]}, r"send by sms\+whatsapp; rest and oauth can"),
        ({"send_at": NOW + timedelta(hours=1)}, "carry send_at by sms; rest and oauth can"),
        ({"options": SMSMobileAPIOptions(sim=2)}, "carry options.sim by sms; rest and oauth can"),
        ({"sender": "ACME"}, "carry sender by sms; none of its protocols can"),
    ],
)
def test_what_soap_cannot_carry_is_refused_before_any_io(more: dict[str, Any], what: str) -> None:
    with pytest.raises(Unsupported, match=f"smsmobileapi over soap can't {what}"):
        request(SMSMobileAPI(api_key=Secret("k"), protocol="soap"), **more)


def test_options_of_another_backend_are_refused() -> None:
    class Other(Options):
        pass

    with pytest.raises(Unsupported, match="smsmobileapi takes SMSMobileAPIOptions, not Other"):
        request(SMSMobileAPI(api_key=Secret("k")), options=Other())


def test_options_where_a_backend_has_none_are_refused() -> None:
    with pytest.raises(Unsupported, match="options"):
        request(Ten(token=Secret("t")), options=SMSMobileAPIOptions(sim=1))


@each("late", [timedelta(0), timedelta(seconds=-1)])
def test_a_schedule_in_the_past_is_refused(late: timedelta) -> None:
    with pytest.raises(InvalidMessage, match="give a time in the future"):
        request(SMSMobileAPI(api_key=Secret("k")), send_at=NOW + late)


def test_a_backend_without_tls_to_a_distant_host_is_refused() -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        SMSMobileAPI(api_key=Secret("k"), url="http://sms.example")


def test_a_backend_without_a_name_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="Nameless has protocols, but no name"):

        @backend
        class Nameless(Backend):
            protocols = Ten.protocols


@each("secret", [5, ["x"], {"env": "X"}])
def test_a_secret_that_is_no_text_is_refused_and_not_shown(secret: Any) -> None:
    with pytest.raises(ConfigError, match="token: give text, or a Secret") as refused:
        Ten(token=secret)
    assert str(secret) not in str(refused.value)


@each("proxy", ["socks5://127.0.0.1:1", "socks4://h", "garbage", " ", "http://", "http://h/path"])
def test_a_proxy_is_an_http_or_https_address(proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy: give http:// or https://"):
        Ten(token=Secret("t"), proxy=Secret(proxy))


def test_media_by_sms_name_the_channel_as_the_trouble() -> None:
    options = SMSMobileAPIOptions(media_url="https://media.example/a.png")
    with pytest.raises(Unsupported, match=r"options.media_url by sms; it can by another channel"):
        request(SMSMobileAPI(api_key=Secret("k")), options=options)


def test_a_backend_takes_a_block_as_it_is_and_has_nothing_to_check() -> None:
    made, left = Ten.of_block("any", {"token": "t"})
    assert made is Ten
    assert left == {"token": "t"}
    made(token=Secret("t")).check()
