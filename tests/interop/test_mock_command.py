"""``smsbridge mock``: what a client in another language meets before it sends anything."""

from __future__ import annotations

import re

import pytest
import requests
from lxml import etree

from .conftest import SECONDS, Mock, started

SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def test_the_ready_line_says_all_that_a_client_needs(mock: Mock) -> None:
    said = {"address", "plays", "provenance", "credentials", "control", "page"}
    assert mock.ready.keys() == said
    assert mock.ready["page"] == f"{mock.address}/_mock/"
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", mock.address)
    assert mock.control == f"{mock.address}/_mock"
    assert mock.ready["credentials"] == {
        "api_key": "test-key",
        "client_id": "test-client",
        "client_secret": "test-secret",
    }


def test_another_scenario_is_played_when_asked_for() -> None:
    with started("--scenario", "smsmobileapi/send/reset-after-request") as mock:
        assert mock.health()["scenario"] == "smsmobileapi/send/reset-after-request"


@pytest.mark.parametrize("path", ["sendsms.wsdl", "server.php", "server.php?wsdl"])
def test_the_wsdl_is_served_with_the_mock_s_own_address(mock: Mock, path: str) -> None:
    answer = requests.get(f"{mock.address}/sendsms/wsdl/{path}", timeout=SECONDS)
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    addresses = [element.get("location") for element in root.iter(f"{SOAP}address")]
    assert addresses == [f"{mock.address}/sendsms/wsdl/server.php"]


def test_the_wsdl_imports_nothing(mock: Mock) -> None:
    root = etree.fromstring(requests.get(mock.wsdl, timeout=SECONDS).content)
    assert not list(root.iter(f"{WSDL}import", f"{XSD}import", f"{XSD}include"))


def test_the_wsdl_s_address_does_not_follow_the_host_header(mock: Mock) -> None:
    answer = requests.get(mock.wsdl, headers={"Host": "attacker.example"}, timeout=SECONDS)
    assert "attacker.example" not in answer.text
