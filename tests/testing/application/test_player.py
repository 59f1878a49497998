"""A provider that accepts each config of its backend, and serves the WSDL that it fetches."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from smsbridge import Client, ConfigError, Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request
from smsbridge.testing import SmsbridgeMock
from smsbridge.testing.application.player import Player
from smsbridge.testing.mock.default import sample_backend

from support.blocks import GATE, GATE_BLOCK

NUMBER = "+12025550123"


def send(player: Player, backend: SMSMobileAPI) -> int:
    """Return the status of a send that a client would make by a config."""
    body = f"recipients=%2B12025550123&message=Hello&apikey={backend.credentials()['api_key']}"
    request = Request(
        method="POST",
        url=f"{backend.url}/sendsms/",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=body.encode(),
    )
    return player.carry(request, backend, time.monotonic() + 30).status


def test_the_credentials_of_each_client_are_right_and_what_it_took_is_one_record() -> None:
    player = Player(sample_backend())
    for key in ("one", "two", "test-key"):
        assert send(player, SMSMobileAPI(url="https://sms.example", api_key=Secret(key))) == 200
    assert len(player.messages) == 3


def test_at_its_own_address_only_its_own_credentials_are_right() -> None:
    player = Player(sample_backend(), "http://127.0.0.1:8765")
    send(player, SMSMobileAPI(url="http://127.0.0.1:8765", api_key=Secret("wrong")))
    assert player.messages == []
    send(player, SMSMobileAPI(url="http://127.0.0.1:8765", api_key=Secret("test-key")))
    assert len(player.messages) == 1


def test_another_process_needs_the_right_credentials_whoever_asked_before() -> None:
    player = Player(sample_backend())
    send(player, SMSMobileAPI(url="https://sms.example", api_key=Secret("one")))
    body = b"recipients=%2B12025550123&message=Hello&apikey=one"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = "http://localhost/sendsms/"
    player.handle(Request(method="POST", url=url, headers=form, body=body))
    assert len(player.messages) == 1


def test_a_fault_that_was_set_meets_each_client() -> None:
    player = Player(sample_backend())
    player.fault = "server-error:502"
    for key in ("one", "two"):
        assert send(player, SMSMobileAPI(url="https://sms.example", api_key=Secret(key))) == 502


@pytest.mark.parametrize("address", ["https://gate.example/any/path?wsdl", "https://gate.example/"])
def test_a_wsdl_that_a_client_fetches_is_served_from_a_file(nowhere: Path, address: str) -> None:
    Path("smsbridge.toml").write_text(GATE_BLOCK.replace(str(GATE), address), encoding="utf-8")
    with SmsbridgeMock("gate", wsdl=GATE) as mock, Client.from_config("gate") as client:
        client.send(NUMBER, "Hello", sender="SHOP")
    assert mock.sent_to(NUMBER).protocol == "soap"


def test_without_that_file_it_says_what_is_missing(nowhere: Path) -> None:
    block = GATE_BLOCK.replace(str(GATE), "https://gate.example/?wsdl")
    Path("smsbridge.toml").write_text(block, encoding="utf-8")
    with pytest.raises(ConfigError, match=r'keep the WSDL of gate as a file, .* wsdl="FILE"'):
        SmsbridgeMock("gate")
