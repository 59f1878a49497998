"""A send goes as far as the wire: what it asks for before is answered here, and nothing leaves."""

from __future__ import annotations

import pytest

from smsbridge import Backend, Message, Unsupported
from smsbridge.backends.failover import Failover
from smsbridge.config.load import from_mapping
from smsbridge.serving.send_requests import SendRequests, requests_of_send

from support.blocks import GATE_LOGIN, MESSAGE, REST_SEND, SOAP_SEND, rest, soap, words_of
from support.each import each
from support.sockets import listening

OAUTH = """
[auth]
type = "oauth2"
token_url = "https://gate.example/token"
client_id = "id-1"
client_secret = "secret-1"
"""
LOGIN_SEND = SOAP_SEND.replace("fields = {", 'fields = { session = "{token}",')


def made(backend: Backend, message: Message = MESSAGE) -> SendRequests:
    return requests_of_send(backend, message, lambda name: f"made-up-{name}")


def test_a_call_with_a_key_is_one_request() -> None:
    found = made(rest(REST_SEND))
    assert [one.path for one in found.all] == ["/sms"]
    assert found.message is found.all[0]
    assert found.answers == []


def test_a_token_is_made_up_and_then_the_message_is_written() -> None:
    found = made(rest(OAUTH + REST_SEND))
    assert [one.path for one in found.all] == ["/token", "/sms"]
    assert found.message is found.all[-1]
    assert found.message.header("authorization") == "Bearer made-up-token"
    assert [one.status for one in found.answers] == [200]


def test_a_login_over_soap_is_made_up_too() -> None:
    found = made(soap(GATE_LOGIN + LOGIN_SEND))
    assert found.message is not None
    assert words_of(found.message)["session"] == "made-up-token"


def test_a_wsdl_at_an_address_is_asked_for_and_no_message_is_written() -> None:
    with listening() as (port, taken):
        keys = {"wsdl": f"http://127.0.0.1:{port}/?wsdl", "url": f"http://127.0.0.1:{port}/"}
        send = {"operation": "Submit", "fields": {"to": "{recipient}", "body": "{text}"}}
        send |= {"accepted": {"when": {"result.code": "0"}}}
        found = made(from_mapping({"backend": "soap", **keys, "send": send}, name="far"))
        assert (len(found.all), found.message) == (1, None)
        assert taken() == 0


@each("kind", ["key", "oauth", "soap", "login"])
def test_nothing_leaves(kind: str) -> None:
    with listening() as (port, taken):
        url = f'url = "http://127.0.0.1:{port}"\n'
        backend = {
            "key": lambda: rest(url + REST_SEND),
            "oauth": lambda: rest(
                url + OAUTH.replace("https://gate.example", url[7:-2]) + REST_SEND
            ),
            "soap": lambda: soap(url + SOAP_SEND),
            "login": lambda: soap(url + GATE_LOGIN + LOGIN_SEND),
        }[kind]()
        assert made(backend).message is not None
        assert taken() == 0


def test_a_failover_asks_its_first_member_that_can_carry_the_message() -> None:
    with_sender = REST_SEND.replace('"{text}"', '"{text}", from = "{sender}"')
    both = Failover(backends={"a": rest(REST_SEND), "b": rest(with_sender)})
    found = made(both, Message(recipient=MESSAGE.recipient, text="Hello", sender="ACME"))
    assert found.message is not None
    assert found.message.backend == "b"


def test_what_can_not_be_carried_is_raised_as_a_send_would() -> None:
    with pytest.raises(Unsupported):
        made(rest(REST_SEND), Message(recipient=MESSAGE.recipient, text="Hello", sender="ACME"))


def test_a_backend_without_tables_has_no_request() -> None:
    assert made(from_mapping({"backend": "memory"})).all == []
