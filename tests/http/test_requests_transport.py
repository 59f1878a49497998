"""The sync transport on real sockets: what it counts, keeps, and never does by itself."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from urllib3.util.connection import create_connection

from smsbridge import Secret
from smsbridge.http import counting_connection as counting
from smsbridge.http.exchange import Broken, Left
from smsbridge.http.requests_transport import RequestsTransport

from support.carrying import late_break, post, soon
from support.each import each
from support.fault_server import FaultServer, answer
from support.sending import backend
from support.tunnel import Tunnel, secured

OK = answer(200, "{}")


def carrier(url: str, **more: Any) -> RequestsTransport:
    return RequestsTransport(backend("rest", url, **more))


def test_one_connection_serves_one_send_after_the_other() -> None:
    with FaultServer([OK]) as server:
        transport = carrier(server.url)
        for _ in range(5):
            assert transport.send(post(f"{server.url}/a"), soon()).status == 200
        transport.close()
        assert server.connections == 1


def test_an_idle_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "IDLE_SECONDS", -1.0)
    with FaultServer([OK]) as server:
        transport = carrier(server.url)
        for _ in range(3):
            transport.send(post(f"{server.url}/a"), soon())
        transport.close()
        assert server.connections == 3


def test_headers_go_out_as_they_are_given_and_nothing_personal_is_added() -> None:
    with FaultServer([OK]) as server:
        transport = carrier(server.url)
        transport.send(post(f"{server.url}/a", SOAPAction='"x"'), soon())
        transport.close()
    head = server.sends[0].head
    assert 'SOAPAction: "x"' in head
    assert "Accept-Encoding: identity" in head
    assert "User-Agent: smsbridge" in head
    assert "python-requests" not in head


def test_no_cookie_is_ever_sent_back() -> None:
    with FaultServer([answer(200, "{}", set_cookie="session=canary")]) as server:
        transport = carrier(server.url)
        for _ in range(2):
            transport.send(post(f"{server.url}/a"), soon())
        transport.close()
    assert "canary" not in server.sends[1].head


def test_a_redirect_is_an_answer_like_others() -> None:
    with FaultServer([OK]) as other, FaultServer([answer(307, location=other.url)]) as server:
        transport = carrier(server.url)
        assert transport.send(post(f"{server.url}/a"), soon()).status == 307
        transport.close()
        assert not other.sends


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    with FaultServer([OK]) as server:
        with pytest.raises(Broken) as broken:
            carrier(server.url).send(post(f"{server.url}/a"), time.monotonic() - 1)
        assert broken.value.left is Left.NOTHING
        assert not server.sends


def test_a_connection_that_opens_at_the_deadline_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[socket.socket] = []

    def late(*given: Any, **more: Any) -> socket.socket:
        made.append(create_connection(*given, **more))
        time.sleep(max(deadline - time.monotonic(), 0))
        return made[0]

    monkeypatch.setattr(counting, "create_connection", late)
    with FaultServer([OK]) as server:
        transport, deadline = carrier(server.url), soon(1)
        with pytest.raises(Broken) as broken:
            transport.send(post(f"{server.url}/a"), deadline)
        transport.close()
    assert broken.value.left is Left.NOTHING
    assert [one.fileno() for one in made] == [-1]


def drip(connection: socket.socket, over: threading.Event, before: bytes) -> None:
    connection.recv(65_536)
    connection.sendall(before)
    while not over.wait(0.02):
        connection.sendall(b" ")


@each("before", [b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_the_deadline_holds_while_an_answer_drips(before: bytes) -> None:
    over = threading.Event()
    with FaultServer(on_accept=lambda connection: drip(connection, over, before)) as server:
        transport = carrier(server.url)
        broken = late_break(lambda late: transport.send(post(f"{server.url}/a"), soon(late)))
        over.set()
        transport.close()
    assert broken.left is Left.ALL
    assert "in time" in broken.why


def silent(over: threading.Event) -> None:
    over.wait(10)


def test_a_peer_that_never_reads_leaves_a_part() -> None:
    over = threading.Event()
    with FaultServer(on_accept=lambda _: silent(over)) as server:
        transport = carrier(server.url)
        large = post(f"{server.url}/a", b"x" * 20_000_000)
        broken = late_break(lambda late: transport.send(large, soon(late)))
        over.set()
        transport.close()
    assert broken.left is Left.PART


def test_each_address_of_a_host_has_its_share_of_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer([OK]) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", closed.getsockname()),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
        ]
        real = socket.getaddrinfo

        def resolved(host: str, *args: Any, **more: Any) -> Any:
            return addresses if host == "localhost" else real(host, *args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", resolved)
        transport = carrier(server.url)
        assert transport.send(post("http://localhost:9/a"), soon()).status == 200
        transport.close()


def test_a_proxy_carries_what_is_not_loopback() -> None:
    with FaultServer([OK]) as proxy:
        table = backend(
            "rest", "http://sms-mock", cleartext_hosts=("sms-mock",), proxy=Secret(proxy.url)
        )
        transport = RequestsTransport(table)
        assert transport.send(post("http://sms-mock/a"), soon()).status == 200
        transport.close()
        assert proxy.sends[0].path == "http://sms-mock/a"


@each("idle", [3.0, -1.0])
def test_a_tunnel_ends_at_the_provider_also_when_it_is_opened_again(
    idle: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "IDLE_SECONDS", idle)
    there = secured(tmp_path, "sms.example")
    with FaultServer([OK], tls=there.tls) as server:
        tunnel = Tunnel(server)
        with FaultServer(on_accept=tunnel) as proxy:
            given = Secret(proxy.url)
            table = backend("rest", "https://sms.example", ca=there.ca, proxy=given)
            transport = RequestsTransport(table)
            for _ in range(2):
                assert transport.send(post("https://sms.example/a"), soon()).status == 200
            transport.close()
            tunnel.close()
    assert len(server.sends) == 2
    asked = [line.rpartition(b" ")[0] for line in tunnel.asked]  # the version is Python's choice
    assert asked == [b"CONNECT sms.example:443"] * (1 if idle > 0 else 2)


@each("status", [403, 407, 502, 503])
def test_a_tunnel_that_is_refused_leaves_nothing(status: int) -> None:
    with FaultServer() as server, FaultServer(on_accept=Tunnel(server, status)) as proxy:
        table = backend("rest", "https://sms.example", proxy=Secret(proxy.url))
        with pytest.raises(Broken) as broken:
            RequestsTransport(table).send(post("https://sms.example/a"), soon())
    assert broken.value.left is Left.NOTHING


def test_a_new_connection_by_tls_is_opened_once(tmp_path: Path) -> None:
    there = secured(tmp_path, "127.0.0.1")
    with FaultServer([OK], tls=there.tls) as server:
        transport = carrier(server.url, ca=there.ca)
        for _ in range(2):
            transport.send(post(f"{server.url}/a"), soon())
        transport.close()
        assert server.connections == 1


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next(tmp_path: Path) -> None:
    there = secured(tmp_path, "127.0.0.1")
    stray = answer(200, b"x" * 8192) + answer(429)
    for tls, more in ((None, {}), (there.tls, {"ca": there.ca})):
        with FaultServer([stray, OK], tls=tls) as server:
            transport = carrier(server.url, **more)
            transport.send(post(f"{server.url}/a"), soon())
            assert transport.send(post(f"{server.url}/a"), soon()).status == 200
            transport.close()


def test_no_error_of_the_library_hangs_on_ours() -> None:
    with FaultServer(["reset-after-request"]) as server:
        with pytest.raises(Broken) as broken:
            carrier(server.url).send(post(f"{server.url}/a"), soon())
        assert broken.value.__context__ is None
        assert broken.value.__cause__ is None


@each("host", ["127.0.0.1", "localhost"])
def test_an_address_that_is_not_allowed_is_not_connected_to(host: str) -> None:
    asked: list[str] = []

    def refuse(address: str) -> bool:
        asked.append(address)
        return False

    with FaultServer([OK]) as server:
        transport = RequestsTransport(backend("rest", server.url), may_connect=refuse)
        with pytest.raises(Broken, match="neither public nor in an allowed network") as broken:
            transport.send(post(f"http://{host}:{server.port}/a"), soon())
        transport.close()
        assert server.connections == 0
    assert broken.value.left is Left.NOTHING
    assert "127.0.0.1" in asked


def test_of_several_addresses_of_a_name_an_allowed_one_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = [(2, 1, 6, "", (f"127.0.0.{last}", 0)) for last in (2, 1)]
    asked: list[str] = []

    def only_the_last(address: str) -> bool:
        asked.append(address)
        return address == "127.0.0.1"

    with FaultServer([OK]) as server:
        found = [(*one[:4], (one[4][0], server.port)) for one in several]
        real = socket.getaddrinfo

        def resolve(host: Any, *more: Any, **named: Any) -> Any:
            return found if host == "shop.example" else real(host, *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        transport = RequestsTransport(backend("rest", server.url), may_connect=only_the_last)
        url = f"http://shop.example:{server.port}/a"
        assert transport.send(post(url), soon()).status == 200
        transport.close()
        assert server.connections == 1
    assert asked == ["127.0.0.2", "127.0.0.1"]


def test_where_addresses_are_asked_for_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    real = socket.getaddrinfo
    asked: list[str] = []

    def resolve(host: Any, *more: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "shop.example" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with FaultServer([OK]) as server:
        transport = RequestsTransport(backend("rest", server.url), may_connect=lambda _: True)
        url = f"http://shop.example:{server.port}/a"
        assert transport.send(post(url), soon()).status == 200
        transport.close()
    assert asked[0] == "shop.example"
