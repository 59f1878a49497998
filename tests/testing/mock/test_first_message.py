"""The lines that make the first message make it: with curl, with PHP and with Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smsbridge.backends.base import Backend
from smsbridge.backends.catalogue import shipped_file
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.testing.mock.declared_backend import declared_backend
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.first_message import RECIPIENT, first_message
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.blocks import REST_SEND, rest
from support.each import each
from support.tools import need
from support.vendor import WSDL

SECONDS = 60


def run_lines(name: str, lines: str, folder: Path) -> str:
    """Run the lines of an example, and return what they print."""
    file = folder / "example"
    file.write_text(lines, encoding="utf-8")
    command = {
        "curl": [need("sh", "dash"), str(file)],
        "PHP": [need("php", "php-cli"), str(file)],
        "Python": [sys.executable, str(file)],
    }[name]
    if name == "curl":
        need("curl", "curl")
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def backends() -> list[Backend]:
    """Return one backend of each kind: ours, one with Basic credentials, one with SOAP."""
    return [sample_backend(), declared_backend("twilio"), declared_backend("parlayx")]


@pytest.mark.parametrize("name", ["curl", "PHP", "Python"])
@pytest.mark.parametrize("lane", ["", "a b"])
def test_the_lines_make_a_message(name: str, lane: str, tmp_path: Path) -> None:
    lane = lane.replace(" ", ".")
    for backend in backends():
        mock = Provider(backend)
        server = MockServer(mock)
        server.start()
        try:
            chosen = mock.lanes.lane(lane)
            (example,) = (one for one in first_message(chosen) if one.name == name)
            run_lines(name, example.lines, tmp_path)
            assert [one.recipient for one in chosen.messages] == [RECIPIENT], backend.name
        finally:
            server.stop()


@each("name", ["46elks", "clicksend", "infobip", "kavenegar", "messagebird", "plivo", "vonage"])
def test_each_provider_of_the_catalogue_has_its_lines(name: str) -> None:
    assert shipped_file(name)
    assert [one.name for one in first_message(Provider(declared_backend(name)))] == [
        *("curl", "PHP", "Python")
    ]


def test_a_credential_that_is_not_made_up_is_hidden() -> None:
    auth = 'auth = { type = "basic", username = "acme-login", password = "canary-51bc" }\n'
    examples = first_message(Provider(rest(auth + REST_SEND)))
    assert len(examples) == 3
    for one in examples:
        assert "canary" not in one.lines
        assert "acme-login" not in one.lines
    assert "$SMS_PASSWORD" in examples[0].lines
    assert "•••" in examples[1].lines


@pytest.mark.parametrize("name", ["curl", "PHP", "Python"])
def test_a_mock_of_a_wsdl_alone_is_asked_for_it(name: str, tmp_path: Path) -> None:
    mock = Provider(wsdl_backend(Source(document=WSDL.encode())))
    server = MockServer(mock)
    server.start()
    try:
        (example,) = (one for one in first_message(mock) if one.name == name)
        assert "SubmitShortMessage" in run_lines(name, example.lines, tmp_path)
        assert not example.makes_message
    finally:
        server.stop()


def test_where_a_login_comes_first_there_are_no_lines() -> None:
    auth = (
        'auth = { type = "oauth2", client_id = "test-client", client_secret = "test-secret", '
        'token_url = "https://sms.example/token" }\n'
    )
    assert list(first_message(Provider(rest(auth + REST_SEND)))) == []
