"""``smsbridge mock``: what a client in another language meets before it sends anything."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from .conftest import RECIPIENT, SECONDS, SMSBRIDGE, TEXT, Mock, assert_arrived, started

SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def _post(mock: Mock, path: str) -> requests.Response:
    fields = {"apikey": mock.credential("api_key"), "recipients": RECIPIENT, "message": TEXT}
    url = f"{mock.address}{path}"
    return requests.post(url, data=fields, allow_redirects=False, timeout=SECONDS)


def test_the_ready_line_says_all_that_a_client_needs(mock: Mock) -> None:
    assert mock.ready.keys() == {"address", "plays", "provenance", "credentials", "control"}
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", mock.address)
    assert mock.control == f"{mock.address}/_mock"
    assert mock.ready["credentials"] == {
        "api_key": "test-key",
        "client_id": "test-client",
        "client_secret": "test-secret",
    }


def test_health_names_the_scenario(mock: Mock) -> None:
    health = {"status": "ok", "scenario": "smsmobileapi/default", "provenance": "ASSUMED"}
    assert mock.health() == health


def test_another_scenario_is_played_when_asked_for() -> None:
    with started("--scenario", "smsmobileapi/send/reset-after-request") as mock:
        assert mock.health()["scenario"] == "smsmobileapi/send/reset-after-request"


def test_reset_forgets_messages_and_notes(mock: Mock) -> None:
    requests.get(f"{mock.address}/sendsms/", timeout=SECONDS).close()
    _post(mock, "/sendsms/").close()
    assert mock.messages()
    assert mock.notes()
    assert mock.reset() == {"status": "ok"}
    assert mock.messages() == []
    assert mock.notes() == {}


def test_a_leniency_is_counted_once_for_each_request_that_needed_it(mock: Mock) -> None:
    requests.get(f"{mock.address}/sendsms/", timeout=SECONDS).close()
    assert mock.notes() == {"GET instead of POST": 1}


@pytest.mark.parametrize("path", ["/sendsms", "/sendsms/"])
def test_a_path_is_taken_with_and_without_its_last_slash(mock: Mock, path: str) -> None:
    answer = _post(mock, path)
    assert answer.status_code == 200
    notes = set() if path.endswith("/") else {"a path with or without its last slash"}
    assert_arrived(mock, answer.json()["result"]["id"], "rest", notes=notes)


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_with_0(number: signal.Signals) -> None:
    with started() as mock:
        mock.process.send_signal(number)
        assert mock.process.wait(SECONDS) == 0


def test_a_signal_ends_it_while_a_client_still_holds_its_connection() -> None:
    with started() as mock, requests.Session() as session:
        session.get(f"{mock.control}/health", timeout=SECONDS)
        mock.process.terminate()
        assert mock.process.wait(SECONDS) == 0


def _refused(*options: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [SMSBRIDGE, "mock", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_a_port_in_use_is_said_in_one_line(mock: Mock) -> None:
    port = str(urlsplit(mock.address).port)
    done = _refused("--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"can't listen at 127.0.0.1, port {port}" in done.stderr
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_scenario_is_refused_before_it_listens() -> None:
    done = _refused("--port", "0", "--scenario", "smsmobileapi/send/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "smsmobileapi/send/nowhere" in done.stderr
    assert "Traceback" not in done.stderr
