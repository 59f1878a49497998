"""Where a webhook is posted to, what it never does, and what each answer means."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsbridge.bridge.doors.webhook_config import WebhookConfig
from smsbridge.bridge.events.event_post import EventPost, Posted, TryResult, judge
from smsbridge.http.exchange import Request, Response
from smsbridge.text.secrets import Secret

from support.each import each
from support.fault_server import FaultServer, answer
from support.tunnel import secured
from support.webhook_receivers import SECRET

NOW = datetime(2027, 1, 31, 9, tzinfo=UTC)


def config(url: str, *networks: str) -> WebhookConfig:
    from ipaddress import ip_network

    return WebhookConfig(url=url, secrets=[Secret(SECRET)], networks=[*map(ip_network, networks)])


def posted(
    url: str, *networks: str, seconds: float = 10, most: int = 65_536, **headers: str
) -> Posted:
    post = EventPost(config(url, *networks), seconds=seconds)
    request = Request(method="POST", url=url, body=b"{}", headers=headers, most=most)
    try:
        return post.post(request)
    finally:
        post.close()


@each(
    ("status", "headers", "result", "retry_after"),
    [
        (200, {}, TryResult.DELIVERED, None),
        (204, {}, TryResult.DELIVERED, None),
        (299, {}, TryResult.DELIVERED, None),
        (301, {}, TryResult.FAILED, None),
        (400, {}, TryResult.FAILED, None),
        (410, {}, TryResult.GONE, None),
        (429, {"Retry-After": "90"}, TryResult.FAILED, 90.0),
        (503, {"Retry-After": "Sun, 31 Jan 2027 09:02:00 GMT"}, TryResult.FAILED, 120.0),
        (503, {"Retry-After": "999999"}, TryResult.FAILED, 3600.0),
        (503, {"Retry-After": "soon"}, TryResult.FAILED, None),
    ],
)
def test_only_a_2xx_says_that_the_receiver_has_it(
    status: int, headers: dict[str, str], result: TryResult, retry_after: float | None
) -> None:
    found = judge(Response(status=status, headers=headers), NOW)
    assert (found.result, found.retry_after) == (result, retry_after)
    assert f"HTTP {status}" in found.why


def test_a_webhook_goes_to_an_address_in_an_allowed_network() -> None:
    with FaultServer([answer(204)]) as server:
        assert posted(server.url, "127.0.0.0/8").result is TryResult.DELIVERED
        assert [one.body for one in server.sends] == [b"{}"]


@each("network", ["", "10.0.0.0/8", "127.0.0.2/32"])
def test_an_address_that_is_not_allowed_sees_no_connection_at_all(network: str) -> None:
    with FaultServer([answer(204)]) as server:
        for url in (server.url, f"http://localhost:{server.port}"):
            found = posted(url, *filter(None, [network]))
            assert found.result is TryResult.FAILED
            assert "neither public nor in an allowed network" in found.why
        assert server.connections == 0


def test_dns_rebinding_gets_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = socket.getaddrinfo, []
    with FaultServer([answer(204)]) as server:

        def resolve(host: Any, *more: Any, **named: Any) -> Any:
            if host != "shop.example":
                return real(host, *more, **named)
            asked.append(host)
            address = "203.0.113.1" if len(asked) > 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        found = posted(f"https://shop.example:{server.port}/")
        assert "neither public nor in an allowed network" in found.why
        assert server.connections == 0
    assert asked == ["shop.example"]


def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    with FaultServer([answer(204)]) as other:
        moved = answer(302, location=f"{other.url}/")
        with FaultServer([moved]) as server:
            found = posted(server.url, "127.0.0.0/8")
            assert (found.result, found.why) == (TryResult.FAILED, "HTTP 302 Found")
            assert len(server.sends) == 1
        assert other.connections == 0


def test_a_hung_or_dripping_receiver_hits_the_deadline() -> None:
    def drip(sock: socket.socket) -> None:
        sock.recv(65_536)
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(400):
            sock.sendall(b"X-Slow: 1\r\n")
            if over.wait(0.05):
                return

    over = threading.Event()
    for act in (lambda _: over.wait(20), drip):
        with FaultServer(on_accept=act) as server:  # type: ignore[arg-type]  # what it returns is not read
            begun = time.monotonic()
            found = posted(server.url, "127.0.0.0/8", seconds=0.4)
            assert time.monotonic() - begun < 15
            assert (found.result, "in time" in found.why) == (TryResult.FAILED, True)
            over.set()
        over.clear()


def test_an_answer_without_end_is_not_read() -> None:
    with FaultServer([answer(200, "x" * 2000)]) as server:
        found = posted(server.url, "127.0.0.0/8", most=1000)
    assert found.result is TryResult.FAILED
    assert "larger than 1000 bytes" in found.why


def test_the_certificate_of_the_receiver_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = secured(tmp_path, "localhost")
    with FaultServer([answer(204)], tls=made.tls) as server:
        url = f"https://localhost:{server.port}/"
        found = posted(url, "127.0.0.0/8", "::1/128")
        assert "no trusted TLS connection" in found.why
        assert server.sends == []
        monkeypatch.setenv("SSL_CERT_FILE", made.ca)
        assert posted(url, "127.0.0.0/8", "::1/128").result is TryResult.DELIVERED
        other = posted(server.url, "127.0.0.0/8")
        assert (other.result, len(server.sends)) == (TryResult.FAILED, 1)


def test_a_refused_connection_and_an_unknown_host_are_failures() -> None:
    with FaultServer([answer(204)]) as server:
        url = server.url
    assert "refused" in posted(url, "127.0.0.0/8").why
    assert "could not be resolved" in posted("https://nobody.invalid/").why


def test_failures_never_show_the_path_or_query() -> None:
    with FaultServer([answer(500)]) as server:
        found = [
            posted(f"{server.url}/hidden-path?key=hidden-key", "127.0.0.0/8"),
            posted(f"{server.url}/hidden-path?key=hidden-key"),
        ]
    assert not any("hidden" in one.why for one in found)
