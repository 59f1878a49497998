"""SOAP by clients that nobody here wrote: a message, and what each makes of a fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from zeep import Client as ZeepClient
from zeep.exceptions import Fault

from .conftest import (
    CLIENTS,
    RECIPIENT,
    SECONDS,
    TEXT,
    Mock,
    assert_arrived,
    node,
    php,
    run,
)
from support.tools import missing, need

Fixture = Callable[[str], Path]
Client = Callable[[Mock, str, Fixture], str]


def _php_soap(version: str) -> Client:
    return lambda mock, key, _: php(
        "soap", "soapclient.php", mock.wsdl, key, RECIPIENT, TEXT, version
    )


def _nusoap(mock: Mock, key: str, fixture: Fixture) -> str:
    return php("xml", "nusoap.php", mock.wsdl, key, RECIPIENT, TEXT, fixture("nusoap"))


def _nusoap_alone(mock: Mock, key: str, fixture: Fixture) -> str:
    url = f"{mock.address}/sendsms/wsdl/server.php"
    return php("xml", "nusoap.php", url, key, RECIPIENT, TEXT, fixture("nusoap"))


def _node_soap(mock: Mock, key: str, fixture: Fixture) -> str:
    return node(fixture("node_folder"), "soap.js", mock.wsdl, key, RECIPIENT, TEXT)


def _soap_lite(how: str) -> Client:
    def send(mock: Mock, key: str, _: Fixture) -> str:
        need("perl", "perl")
        probe = ["perl", "-MSOAP::Lite", "-e1"]
        if subprocess.run(probe, capture_output=True, timeout=SECONDS, check=False).returncode:
            missing("Perl's SOAP::Lite", "apt-get install libsoap-lite-perl")
        return run("perl", "-CA", CLIENTS / "soaplite.pl", mock.address, key, RECIPIENT, TEXT, how)

    return send


def _zeep(mock: Mock, key: str, _: Fixture) -> str:
    client = ZeepClient(mock.wsdl)  # type: ignore[no-untyped-call]  # zeep types half of it
    try:
        answer = client.service.sendSms(recipients=RECIPIENT, message=TEXT, apikey=key)
    except Fault as fault:
        return f"SoapFault {fault.code}: {fault.message}"
    return str(json.loads(answer)["result"]["id"])


POSITIONAL = "positional arguments"
BASE64 = "base64 for text"
LITERAL = "no xsi:type"
OTHER_TYPE = "another xsi:type"
NAMESPACE = "a part in a namespace"
LATIN_1 = "UTF-8 labelled as iso-8859-1"
SOAP_CLIENTS: dict[str, tuple[Client, set[str]]] = {
    "php-soap-1.1": (_php_soap("1.1"), set()),
    "php-soap-1.2": (_php_soap("1.2"), set()),
    "nusoap": (_nusoap, {LATIN_1}),
    "nusoap-without-wsdl": (_nusoap_alone, {LATIN_1, "another namespace"}),
    "zeep": (_zeep, {LITERAL}),
    "node-soap": (_node_soap, {LITERAL}),
    "soap-lite": (_soap_lite("wsdl"), set()),
    "soap-lite-without-wsdl": (
        _soap_lite("positional"),
        {POSITIONAL, BASE64, OTHER_TYPE, NAMESPACE},
    ),
}
each = pytest.mark.parametrize(("client", "notes"), SOAP_CLIENTS.values(), ids=SOAP_CLIENTS.keys())


@each
def test_a_message_by_soap_arrives(
    mock: Mock, request: pytest.FixtureRequest, client: Client, notes: set[str]
) -> None:
    message_id = client(mock, mock.credential("api_key"), request.getfixturevalue)
    assert_arrived(mock, message_id, "soap", notes=notes)


@each
def test_a_wrong_key_is_a_fault_and_nothing_arrives(
    mock: Mock, request: pytest.FixtureRequest, client: Client, notes: set[str]
) -> None:
    said = client(mock, "wrong-key", request.getfixturevalue)
    code = "Sender" if client is SOAP_CLIENTS["php-soap-1.2"][0] else "Client"
    assert said == f"SoapFault SOAP-ENV:{code}: Invalid API key"
    assert mock.messages() == []
