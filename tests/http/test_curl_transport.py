"""The transport by libcurl on real sockets: what it keeps, what it leaves to a parent, its end."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import pytest

from smsbridge import Client, ConfigError, MissingExtra, Submission
from smsbridge.http import curl_handle
from smsbridge.http.curl_transport import CurlTransport
from smsbridge.http.exchange import Broken, Left, Request

from support.carrying import post, soon
from support.each import each
from support.fault_server import FaultServer, answer
from support.sending import OK as ACCEPTED
from support.sending import backend, said

OK = answer(200, "{}")


@each(("idle", "connections"), [(3.0, 1), (-1.0, 3)])
def test_a_connection_serves_one_send_after_the_other_until_it_was_idle(
    idle: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curl_handle, "IDLE_SECONDS", idle)
    with FaultServer([OK]) as server:
        transport = CurlTransport(backend("rest", server.url))
        for _ in range(3):
            assert transport.send(post(f"{server.url}/a"), soon()).status == 200
        transport.close()
        assert server.connections == connections


def test_headers_go_out_as_they_are_given_and_libcurl_adds_none() -> None:
    with FaultServer([OK]) as server:
        transport = CurlTransport(backend("rest", server.url))
        transport.send(post(f"{server.url}/a", b"x" * 2_000_000, SOAPAction='"x"', Odd=""), soon())
        transport.close()
    names = [line.partition(":")[0] for line in server.sends[0].head.split("\r\n")[1:]]
    wanted = ["Host", "Accept-Encoding", "User-Agent", "SOAPAction", "Odd", "Content-Length"]
    assert sorted(names) == sorted(wanted)
    assert 'SOAPAction: "x"' in server.sends[0].head
    assert "User-Agent: smsbridge\r\n" in server.sends[0].head


@each("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_goes_out_one_after_the_other_by_one_handle(method: str) -> None:
    with FaultServer([OK]) as server:
        transport = CurlTransport(backend("rest", server.url))
        for one in ("POST", method, "POST"):
            body = b"" if one == "GET" else b"x=1"
            transport.send(Request(method=one, url=f"{server.url}/a/../b", body=body), soon())
        transport.close()
    lines = [got.head.partition("\r\n")[0] for got in server.sends]
    assert lines == [f"{one} /a/../b HTTP/1.1" for one in ("POST", method, "POST")]
    assert [got.body for got in server.sends][1] == (b"" if method == "GET" else b"x=1")


def test_neither_a_redirect_nor_a_cookie_is_followed() -> None:
    with FaultServer([OK]) as other:
        moved = answer(307, location=other.url, set_cookie="session=canary")
        with FaultServer([moved]) as server:
            transport = CurlTransport(backend("rest", server.url))
            for _ in range(2):
                assert transport.send(post(f"{server.url}/a"), soon()).status == 307
            transport.close()
        assert not other.sends
    assert "canary" not in server.sends[1].head


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    with FaultServer([OK]) as server:
        with pytest.raises(Broken) as broken:
            CurlTransport(backend("rest", server.url)).send(post(f"{server.url}/a"), soon(-1))
        assert broken.value.left is Left.NOTHING
        assert not server.sends


def test_threads_share_a_transport_and_none_its_connection() -> None:
    with FaultServer([OK]) as server:
        transport = CurlTransport(backend("rest", server.url))

        def five() -> None:
            for _ in range(5):
                transport.send(post(f"{server.url}/a"), soon(20))

        threads = [threading.Thread(target=five) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        transport.close()
        assert len(server.sends) == 40
        assert server.connections <= 8


def test_the_child_of_a_fork_opens_connections_of_its_own() -> None:
    with FaultServer([OK]) as server:
        transport = CurlTransport(backend("rest", server.url))
        transport.send(post(f"{server.url}/a"), soon())
        child = os.fork()
        if not child:
            try:
                transport.send(post(f"{server.url}/child"), soon())
                transport.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        transport.send(post(f"{server.url}/a"), soon())
        transport.close()
        assert [got.path for got in server.sends] == ["/a", "/child", "/a"]
        assert server.connections == 2


def test_an_interrupt_ends_a_send_at_once() -> None:
    over = threading.Event()

    def act(connection: socket.socket) -> None:
        connection.recv(65_536)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        over.wait(10)

    with FaultServer(on_accept=act) as server:
        transport = CurlTransport(backend("rest", server.url))
        with pytest.raises(KeyboardInterrupt):
            transport.send(post(f"{server.url}/a"), soon(20))
        over.set()
        transport.close()


def test_no_error_of_the_library_hangs_on_ours() -> None:
    with FaultServer(["reset-after-request"]) as server:
        with pytest.raises(Broken) as broken:
            CurlTransport(backend("rest", server.url)).send(post(f"{server.url}/a"), soon())
        assert broken.value.__context__ is None
        assert broken.value.__cause__ is None


def test_a_client_takes_it_where_its_config_says_so() -> None:
    with FaultServer([answer(200, said("rest", ACCEPTED))]) as server:
        with Client(backend("rest", server.url, transport="curl")) as client:
            assert isinstance(client.send("+12025550123", "Hello"), Submission)
        assert "Proxy-Connection" not in server.sends[0].head


def test_without_pycurl_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("smsbridge.http.curl_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pycurl", None)
    with pytest.raises(MissingExtra, match=r"transport = \"curl\" .*'\.\[fast\]'"):
        Client(backend("rest", "http://127.0.0.1:9", transport="curl")).send("+12025550123", "Hi")


@each("given", ["Curl", "requests", "canary"])
def test_no_other_transport_can_be_chosen(given: str) -> None:
    with pytest.raises(ConfigError, match=r"^transport: give curl, or leave it out") as refused:
        backend("rest", "http://127.0.0.1:9", transport=given)
    assert "canary" not in str(refused.value)


def test_a_url_chooses_it_too() -> None:
    client = Client.from_url("smsmobileapi+rest://KEY@127.0.0.1?tls=off&transport=curl")
    assert client.backend.transport == "curl"
    with pytest.raises(ConfigError, match="transport=curl"):
        Client.from_url("smsmobileapi+rest://KEY@127.0.0.1?tls=off&transport=other")
