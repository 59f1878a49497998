"""Whatever bytes come, the mock provider answers in HTTP and in its protocols' words, or closes."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from lxml import etree

from smsbridge import Client
from smsbridge.testing.mock.default import sample_backend, sample_url
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.mutating import mutated

NUMBER = "+12025550123"
COUNT = 500
SECONDS = 10
_HEAD = re.compile(
    rb"HTTP/1\.1 [1-5][0-9]{2} [^\r\n]*\r\n(?:[!-9;-~]+:[^\r\n]*\r\n)*\r\n", re.DOTALL
)


@pytest.fixture
def server(capfd: pytest.CaptureFixture[str]) -> Iterator[MockServer]:
    server = MockServer(Provider(sample_backend()))
    with server:
        yield server
    assert capfd.readouterr() == ("", "")


def asked(server: MockServer, data: bytes) -> bytes:
    """Send bytes and their end; return all that comes until the server closes."""
    with socket.create_connection((server.host, server.port), SECONDS) as connection:
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65_536):
                answer += more
        except ConnectionError:  # closed upon what it had not read yet
            pass
        return answer


def odd(came: bytes) -> str:
    """Return what is wrong with the answers that came, empty for nothing."""
    while came:
        if came.startswith(b"HTTP/1.1 100 "):
            came = came.partition(b"\r\n\r\n")[2]
            continue
        head = _HEAD.match(came)
        if head is None:
            return "it is not HTTP"
        came = came[head.end() :]
        said = dict(re.findall(rb"^([A-Za-z-]+): ([^\r]*)", head[0], re.MULTILINE))
        length = int(said[b"Content-Length"])
        if came.startswith(b"HTTP/1.1 "):  # it was asked for by HEAD
            length = 0
        if len(came) < length:
            return "its length is another"
        body, came = came[:length], came[length:]
        if why := odd_body(body, said[b"Content-Type"]):
            return why
    return ""


def odd_body(body: bytes, kind: bytes) -> str:
    if not body:
        return ""
    if b"json" in kind:
        return "a failure" if b'"error": 500' in json.dumps(json.loads(body)).encode() else ""
    etree.fromstring(body)
    return "" if b"xml" in kind else "it is neither JSON nor XML"


def test_a_mutated_request_is_answered_or_closed_and_harms_nothing(server: MockServer) -> None:
    of_others = set(threading.enumerate())  # servers that other tests of this process share
    wrong = {data: why for data in mutated(1, COUNT) if (why := odd(asked(server, data)))}
    assert wrong == {}
    assert server.provider.misses == []
    health = requests.get(f"{server.provider.address}/_mock/health", timeout=SECONDS).json()
    assert (health["status"], health["scenario"]) == ("ok", "smsmobileapi/default")
    taken = len(server.provider.messages)
    for protocol in ("rest", "soap", "oauth"):
        with Client.from_url(sample_url(protocol, server.provider.address)) as client:
            client.send(NUMBER, "Hello")
    assert len(server.provider.messages) == taken + 3
    server.stop()
    left = set(threading.enumerate()) - of_others
    assert not [one for one in left if "process_request" in one.name]
    server.start()
