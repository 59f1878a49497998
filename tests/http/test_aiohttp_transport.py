"""The async transport on real sockets: what it hands over, keeps, and never does by itself."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path
from threading import Event

import pytest

from smsbridge import Secret
from smsbridge.http.aiohttp_transport import AiohttpTransport
from smsbridge.http.exchange import Broken, Left, Request, Response

from support.aiohttp_calls import OK, carry, one
from support.carrying import late_break, post, soon
from support.each import each
from support.fault_server import FaultServer, answer
from support.tunnel import Tunnel, secured


def test_one_connection_serves_one_send_after_the_other() -> None:
    async def five(transport: AiohttpTransport) -> None:
        for _ in range(5):
            assert (await transport.send(post(f"{server.url}/a"), soon())).status == 200

    with FaultServer([OK]) as server:
        carry(server.url, five)
        assert server.connections == 1


def test_many_are_in_flight_at_once() -> None:
    async def crowd(transport: AiohttpTransport) -> list[Response]:
        return await asyncio.gather(
            *(transport.send(post(f"{server.url}/a"), soon(20)) for _ in range(64))
        )

    with FaultServer([OK]) as server:
        assert len(carry(server.url, crowd)) == len(server.sends) == 64


def test_headers_go_out_as_they_are_given_and_nothing_personal_is_added() -> None:
    with FaultServer([OK]) as server:
        carry(server.url, one(post(f"{server.url}/a", SOAPAction='"x"')))
    head = server.sends[0].head
    assert 'SOAPAction: "x"' in head
    assert "Accept-Encoding: identity" in head
    assert "User-Agent: smsbridge" in head
    assert "Content-Length: 3" in head
    assert "chunked" not in head


def test_no_cookie_is_ever_sent_back() -> None:
    async def two(transport: AiohttpTransport) -> None:
        for _ in range(2):
            await transport.send(post(f"{server.url}/a"), soon())

    with FaultServer([answer(200, "{}", set_cookie="session=canary")]) as server:
        carry(server.url, two)
    assert "canary" not in server.sends[1].head


def test_a_redirect_is_an_answer_like_others() -> None:
    with FaultServer([OK]) as other, FaultServer([answer(307, location=other.url)]) as server:
        assert carry(server.url, one(post(f"{server.url}/a"))).status == 307
        assert not other.sends


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    with FaultServer([OK]) as server:
        with pytest.raises(Broken) as broken:
            carry(server.url, one(post(f"{server.url}/a"), -1))
        assert broken.value.left is Left.NOTHING
        assert not server.sends


def test_a_get_that_breaks_is_not_repeated_by_the_library() -> None:
    with FaultServer(["reset-after-request"]) as server:
        with pytest.raises(Broken) as broken:
            carry(server.url, one(Request(method="GET", url=f"{server.url}/sms.wsdl")))
        assert broken.value.left is Left.ALL
        assert len(server.sends) == 1


def test_a_proxy_carries_what_is_not_loopback() -> None:
    with FaultServer([OK]) as proxy:
        more = {"cleartext_hosts": ("sms-mock",), "proxy": Secret(proxy.url)}
        assert carry("http://sms-mock", one(post("http://sms-mock/a")), **more).status == 200
        assert proxy.sends[0].path == "http://sms-mock/a"


def test_a_connection_with_bytes_left_to_write_is_ended_when_the_client_is_closed() -> None:
    over = Event()
    with FaultServer(on_accept=lambda _: silent(over)) as server:
        large = post(f"{server.url}/a", b"x" * 20_000_000)
        broken = late_break(lambda late: carry(server.url, one(large, late)))
        over.set()
    assert broken.left is Left.PART
    gc.collect()  # a connection that was not ended would warn


def test_closing_waits_for_no_peer_that_never_reads() -> None:
    over, begun = Event(), Event()

    def begin(connection: socket.socket) -> None:
        connection.recv(1)
        begun.set()
        silent(over)

    async def close_beside(transport: AiohttpTransport) -> None:
        big = post(f"{server.url}/a", b"x" * 20_000_000)
        sending = asyncio.create_task(transport.send(big, soon(40)))
        await asyncio.to_thread(begun.wait, 20)
        async with asyncio.timeout(15):
            await transport.close()
            await sending

    with FaultServer(on_accept=begin) as server:
        with pytest.raises(Broken) as broken:
            carry(server.url, close_beside)
        over.set()
    assert broken.value.left is Left.PART


def silent(over: Event) -> None:
    over.wait(30)


def test_a_tunnel_ends_at_the_provider(tmp_path: Path) -> None:
    there = secured(tmp_path, "sms.example")
    with FaultServer([OK], tls=there.tls) as server:
        tunnel = Tunnel(server)
        with FaultServer(on_accept=tunnel) as proxy:
            more = {"ca": there.ca, "proxy": Secret(proxy.url)}
            request = post("https://sms.example/a")
            assert carry("https://sms.example", one(request), **more).status == 200
            tunnel.close()
    assert tunnel.asked == [b"CONNECT sms.example:443 HTTP/1.1"]


@each("status", [403, 407, 502, 503])
def test_a_tunnel_that_is_refused_leaves_nothing(status: int) -> None:
    with FaultServer() as server, FaultServer(on_accept=Tunnel(server, status)) as proxy:
        request = post("https://sms.example/a")
        with pytest.raises(Broken) as broken:
            carry("https://sms.example", one(request), proxy=Secret(proxy.url))
    assert broken.value.left is Left.NOTHING


def test_no_error_of_the_library_hangs_on_ours() -> None:
    with FaultServer(["reset-after-request"]) as server:
        with pytest.raises(Broken) as broken:
            carry(server.url, one(post(f"{server.url}/a")))
        assert broken.value.__context__ is None
        assert broken.value.__cause__ is None
