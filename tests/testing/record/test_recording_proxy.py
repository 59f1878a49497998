"""The proxy listens, and ends every connection when it stops."""

from __future__ import annotations

import socket
import ssl

import pytest

from smsbridge.http.exchange import Request, Response
from smsbridge.testing.record.exchanges import Exchanges
from smsbridge.testing.record.recording_proxy import RecordingProxy

from support.fault_server import FaultServer
from support.proxied import proxied, read_all


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    with proxied("https://sms.example") as running:
        assert running.proxy.address.startswith("http://127.0.0.1:")


def test_its_end_ends_connections_that_wait_for_an_answer() -> None:
    with FaultServer(["silence"]) as live:
        with proxied(live.url) as running:
            client = running.connect()
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while not live.sends:
                pass
        with client:
            assert read_all(client) == b""


def test_a_port_that_is_taken_is_an_error() -> None:
    def answer(_: Request) -> Response:
        return Response(status=200)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = RecordingProxy(
            "https://sms.example",
            Exchanges(lambda _: None),
            answer,
            tls=ssl.create_default_context(),
            port=taken.getsockname()[1],
        )
        with pytest.raises(OSError, match="in use"):
            proxy.start()
