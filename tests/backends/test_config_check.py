"""What every backend has in its config: what can't be used is refused, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import Backend, Basic, ConfigError, Fields, Protocol, Rest, Secret, backend

from support.each import each


@backend
class Own(Backend):
    name = "own"
    url = "https://sms.example"
    user: str = ""
    key: Secret | None = None
    protocols = {
        "basic": Protocol(Rest(), Basic("user", "key")),
        "key": Protocol(Rest(), Fields({"key": "{key}"})),
    }


def test_the_first_protocol_whose_credentials_are_there_is_taken() -> None:
    assert Own(key=Secret("k-1")).protocol == "key"
    assert Own(key=Secret("k-1"), user="acme").protocol == "basic"


@each(
    ("given", "says"),
    [
        ({"protocol": "soap"}, "own offers basic, key"),
        ({"protocol": "basic"}, "own over basic needs user"),
        ({"timeout": 0}, "timeout: give seconds"),
        ({"timeout": True}, "timeout: give seconds"),
        ({"answer_limit": 1023}, "answer_limit: give bytes, from 1024 to 67108864"),
        ({"answer_limit": 2**27}, "answer_limit: give bytes"),
        ({"answer_limit": True}, "answer_limit: give bytes"),
        ({"answer_limit": 2048.0}, "answer_limit: give bytes"),
        ({"element_limit": 1}, "element_limit: give a number of elements, from 100 to 1000000"),
        ({"element_limit": "9"}, "element_limit: give a number of elements"),
        ({"key": 7}, "key: give text, or a Secret"),
        ({"url": "https://sms.example/?a=1"}, "query or a fragment"),
        ({"url": "http://sms.example"}, "without TLS"),
        ({"wsdl": "https://"}, "wsdl: give http"),
    ],
)
def test_what_can_not_be_used_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("?", "[?]")):
        Own(**{"key": "k-1", **given})


def test_credentials_are_in_plain_and_secrets_are_those_that_nobody_may_see() -> None:
    own = Own(user="acme", key=Secret("k-1"))
    assert own.credentials() == {"user": "acme", "key": "k-1"}
    assert own.secrets() == ["k-1"]


def test_a_url_of_the_config_is_the_host_and_that_of_the_class_is_not() -> None:
    assert Own(key=Secret("k-1")).site().host == ""
    assert Own(key=Secret("k-1"), url="http://127.0.0.1:1").site().host == "http://127.0.0.1:1"
