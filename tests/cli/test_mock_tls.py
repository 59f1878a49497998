"""``smsbridge mock --tls``: whom clients trust, and by which names they reach it."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from smsbridge.cli.mock import mock, serve

from support.commands import parse_options, run
from support.each import each
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")


def test_a_client_that_trusts_the_written_issuer_sends_to_the_mock(nowhere: Path) -> None:
    given = parse_options(mock, ["--port", "0", "--tls", "--tls-ca", "trust.pem"])
    with serve(**given.params) as ready:
        assert ready["ca"] == str(nowhere / "trust.pem")
        assert ready["address"].startswith("https://127.0.0.1:")
        host = ready["address"].removeprefix("https://")
        url = f"smsmobileapi+rest://test-key@{host}?ca={quote('trust.pem')}"
        assert run("send", NUMBER, TEXT, "--url", url).code == 0
        answer = requests.get(f"{ready['control']}/messages", verify=ready["ca"], timeout=30)
        assert len(answer.json()) == 1


def test_the_control_urls_are_asked_by_each_name_that_was_given() -> None:
    given = parse_options(mock, ["--port", "0", "--name", "SMS-mock", "--name", "other"])
    with serve(**given.params) as ready:
        asked = {
            host: requests.get(
                f"{ready['control']}/health", headers={"Host": host}, timeout=10
            ).status_code
            for host in ("sms-mock:8765", "other", "evil.example")
        }
    assert asked == {"sms-mock:8765": 200, "other": 200, "evil.example": 403}


def test_where_the_mock_can_t_listen_the_issuer_of_another_is_left(nowhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run("mock", "--tls", "--port", port).code == 1
    assert not (nowhere / "mock-ca.pem").exists()


@each(
    ("arguments", "said"),
    [
        (["--tls-ca", "x.pem"], "--tls-ca needs --tls"),
        (["--tls", "--address", "http://sms-mock:8765"], "with --tls it must begin with https://"),
        (["--tls", "--fault", "bad-tls"], "give only one of --tls and --fault bad-tls"),
        (["--name", "http://sms-mock"], "'http://sms-mock' is not a host name"),
        (["--name", ""], "'' is not a host name"),
        (["--tls", "--name", "sms_mock"], "a certificate can't name one of the hosts"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], said: str) -> None:
    done = run("mock", "--port", "0", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_file_of_ones_own_is_not_replaced(nowhere: Path) -> None:
    (nowhere / "mock-ca.pem").write_text("mine")
    done = run("mock", "--port", "0", "--tls")
    assert done.code == 2
    assert "exists, and is not the issuer of an earlier mock" in done.err
    assert (nowhere / "mock-ca.pem").read_text() == "mine"
