"""What all transports must make of the same bytes, the same peers and the same proxies."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import zlib
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
import trustme

from smsbridge import ConfigError, Secret
from smsbridge.http.exchange import Broken, Left, Request
from smsbridge.http.tls import VARIABLES

from support.carrying import broke, carried, carries, post
from support.each import each
from support.fault_server import FaultServer, answer, reset
from support.sending import backend
from support.tunnel import Tunnel, secured

ALL = ("sync", "async", "curl", pytest.param("multi", marks=pytest.mark.full))
BY_CURL = ("curl", "multi")
OK = b"HTTP/1.1 200 OK\r\n"
RESET = "the connection was reset (127.0.0.1)"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

pytestmark = pytest.mark.parametrize("by", ALL)


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # the same bytes in each process that collects


def saying(data: bytes) -> FaultServer:
    """Return a server that reads a request, says that, and closes."""

    def act(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    return FaultServer(on_accept=act)


@each(
    "data",
    [
        OK + b"Content-Encoding: UTF-8\r\n\r\nHello",
        OK + b"Content-Encoding: none\r\nContent-Length: 5\r\n\r\nHello",
        OK + b"Content-Encoding: identity\r\nContent-Encoding: identity\r\n\r\nHello",
        OK
        + b"Content-Encoding: gzip, gzip\r\n\r\n"
        + gzip.compress(gzip.compress(b"Hello", mtime=0), mtime=0),
        OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"Hello")[2:-4],
        OK + b"Content-Encoding: gzip\r\n\r\n" + packed(b"Hello") + b"\0\0",
        OK + b"X: " + b"a" * 16_384 + b"\r\n\r\nHello",
        OK + b"".join(b"X-%d: y\r\n" % number for number in range(150)) + b"\r\nHello",
        CHUNKED + b"5\r\nHello\r\n0\r\nContent-Length: 9\r\n\r\n",
        OK + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nHello",
        OK + b"Content-Type: multipart/mixed\r\nContent-Length: 5\r\n\r\nHello",
        OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nHello",
        b"\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\n\nHello",
    ],
)
def test_an_answer_that_is_odd_and_whole_is_taken(data: bytes, by: str) -> None:
    with saying(data) as server:
        got = carried(backend("rest", server.url), post(f"{server.url}/a"), by=by)
    assert (got.status, got.body) == (200, b"Hello")


@each(
    ("data", "why"),
    [
        (b"", "the connection was closed without an answer (127.0.0.1)"),
        (b"SSH-2.0-OpenSSH\r\n", "what came is not an HTTP answer (127.0.0.1)"),
        (
            CHUNKED + b"-1\r\n" + b"x" * 3_000_000,
            "HTTP 200, and the size of a chunk is not a number",
        ),
        (
            CHUNKED + b"+5\r\nHello\r\n0\r\n\r\n",
            "HTTP 200, and the size of a chunk is not a number",
        ),
        (CHUNKED + b"5\r\nHelloXX0\r\n\r\n", "HTTP 200, and a chunk is longer than its size says"),
        (CHUNKED + b"5\r\nHel", "HTTP 200, and the answer was cut off (127.0.0.1)"),
        (
            OK + b"X: " + b"a" * 300_000 + b"\r\n\r\n",
            "headers of the answer are larger than 262144",
        ),
        (OK + b"\r\n" + b"x" * 1_100_000, "HTTP 200, and the body is larger than 1048576 bytes"),
        (OK + b"Content-Length: 1048577\r\n\r\n", "HTTP 200, and the body is larger than 1048576"),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + packed(b"\0" * 30_000_000),
            "HTTP 200, and the body is larger than 1048576 bytes",
        ),
        (OK + b"X: a\rb\r\n\r\n", "a line of the answer contains a CR or a NUL"),
    ],
)
def test_an_answer_that_proves_nothing_is_refused_in_the_same_words(
    data: bytes, why: str, by: str
) -> None:
    with saying(data) as server:
        end = broke(backend("rest", server.url), post(f"{server.url}/a"), by=by)
    assert end.left is Left.ALL
    assert why in end.why
    assert end.retry == ("the body is larger" not in end.why)


def test_an_answer_that_ends_in_its_first_line_proves_nothing(by: str) -> None:
    with saying(b"HTT") as server:
        end = broke(backend("rest", server.url), post(f"{server.url}/a"), by=by)
    cut = "the answer was cut off"
    silent = "the connection was closed without an answer"  # libcurl does not say
    why = silent if by in BY_CURL else cut
    assert (end.left, end.why, end.retry) == (Left.ALL, f"{why} (127.0.0.1)", True)


@each("holds", [False, True])
def test_an_answer_that_comes_before_the_request_has_left_is_taken(*, holds: bool, by: str) -> None:
    over = Event()

    def act(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(answer(413, "too large"))
        if holds:
            over.wait(10)

    with FaultServer(on_accept=act) as server:
        request = post(f"{server.url}/a", b"x" * 20_000_000)
        try:
            got = carried(backend("rest", server.url), request, by=by, seconds=3)
        except Broken as broken:  # libcurl reads nothing more where its sending failed
            reset = (by in BY_CURL, holds, broken.left, broken.why)
            assert reset == (True, False, Left.PART, RESET)
        else:
            assert (got.status, got.body) == (413, b"too large")
        over.set()


class Demanding(NamedTuple):
    """TLS 1.3 of a server that takes no client without a certificate of its own issuer."""

    tls: ssl.SSLContext
    authority: trustme.CA
    ca: str


@pytest.fixture
def demanding(tmp_path: Path) -> Demanding:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.configure_trust(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Demanding(tls, authority, str(tmp_path / "ca.pem"))


def issued(authority: trustme.CA, folder: Path) -> str:
    """Return the file of a client's certificate and key."""
    file = folder / "client.pem"
    issued = authority.issue_cert("client.example")
    issued.private_key_and_cert_chain_pem.write_to_path(str(file))
    return str(file)


@pytest.mark.parametrize("size", [3, 400_000])
def test_a_server_that_wants_our_certificate_was_sent_nothing_every_time(
    size: int, by: str, demanding: Demanding
) -> None:
    with FaultServer([answer(200)], tls=demanding.tls) as server:
        table = backend("rest", server.url, ca=demanding.ca)
        request = post(f"{server.url}/a", b"x" * size)
        ends = [broke(table, request, by=by) for _ in range(20)]
    why = "127.0.0.1 refused the TLS handshake: certificate required"
    refused = (Left.NOTHING, False, why)
    # libcurl reads nothing more where its sending failed: then it is a reset, and never all left
    resets = {(left, True, RESET) for left in (Left.NOTHING, Left.PART) if by in BY_CURL}
    assert {(end.left, end.retry, end.why) for end in ends} - resets <= {refused}


def test_a_certificate_of_another_issuer_is_refused_in_the_same_way(
    by: str, demanding: Demanding, tmp_path: Path
) -> None:
    with FaultServer([answer(200)], tls=demanding.tls) as server:
        foreign = issued(trustme.CA(), tmp_path)
        table = backend("rest", server.url, ca=demanding.ca, client_cert=foreign)
        end = broke(table, post(f"{server.url}/a"), by=by)
    why = "127.0.0.1 refused the TLS handshake: unknown ca"
    resets = [(Left.NOTHING, True, RESET)] if by in BY_CURL else []  # as above
    assert (end.left, end.retry, end.why) in [(Left.NOTHING, False, why), *resets]


def test_our_certificate_lets_us_in(by: str, demanding: Demanding, tmp_path: Path) -> None:
    with FaultServer([answer(200)], tls=demanding.tls) as server:
        own = issued(demanding.authority, tmp_path)
        table = backend("rest", server.url, ca=demanding.ca, client_cert=own)
        assert carried(table, post(f"{server.url}/a"), by=by).status == 200


@each("said", [b"", OK])
def test_a_reset_over_tls_without_an_alert_is_no_proof_of_anything(
    said: bytes, by: str, tmp_path: Path
) -> None:
    there = secured(tmp_path, "127.0.0.1")

    def act(connection: socket.socket) -> None:
        with there.tls.wrap_socket(connection, server_side=True) as secure:
            data = b""
            while not data.endswith(b"x=1"):
                data += secure.recv(65_536)
            secure.sendall(said)
            reset(secure)

    with FaultServer(on_accept=act) as server:
        url = f"https://127.0.0.1:{server.port}"
        end = broke(backend("rest", url, ca=there.ca), post(f"{url}/a"), by=by)
    assert end.left is Left.ALL


def test_a_bad_proxy_of_the_environment_is_refused_by_the_name_of_its_variable(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer([answer(200)]) as server:
        for given in ("socks5", "socks5h", "socks4", "ftp"):
            monkeypatch.setenv("HTTPS_PROXY", f"{given}://user:canary@127.0.0.1:{server.port}")
            with pytest.raises(ConfigError, match=r"^HTTPS_PROXY: give http:// or ") as refused:
                carried(backend("rest", "https://sms.example"), post("https://sms.example/"), by=by)
            assert "canary" not in str(refused.value)
        assert server.connections == 0  # nobody came


def through(proxy: FaultServer | str, **more: Any) -> Any:
    address = proxy if isinstance(proxy, str) else proxy.url.replace("//", "//user:p%40ss%C3%BC@")
    more = {"cleartext_hosts": ("sms.example",), **more}
    return backend("rest", "https://sms.example", proxy=Secret(address), **more)


CREDENTIALS = "Basic dXNlcjpwQHNzw7w="  # user:p@ssü


def test_a_proxy_for_plain_http_is_given_its_credentials(by: str) -> None:
    with FaultServer([answer(200)]) as proxy:
        assert carried(through(proxy), post("http://sms.example/a"), by=by).status == 200
    assert proxy.sends[0].path == "http://sms.example/a"
    assert f"Proxy-Authorization: {CREDENTIALS}\r\n" in f"{proxy.sends[0].head}\r\n"


def test_a_proxy_that_tunnels_has_its_credentials_and_the_provider_not(
    by: str, tmp_path: Path
) -> None:
    there = secured(tmp_path, "sms.example")
    with FaultServer([answer(200)], tls=there.tls) as server:
        tunnel = Tunnel(server)
        with FaultServer(on_accept=tunnel) as proxy:
            table = through(proxy, ca=there.ca)
            for got in carries(table, *[post("https://sms.example/a")] * 2, by=by):
                assert got.status == 200
            tunnel.close()
    assert tunnel.asked == [b"CONNECT sms.example:443 HTTP/1.1"]
    assert f"Proxy-Authorization: {CREDENTIALS}".encode() in tunnel.heads[0]
    assert "roxy-" not in server.sends[0].head


def test_a_proxy_may_be_reached_by_tls_itself(by: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    near, far = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("127.0.0.1").configure_cert(near)
    authority.issue_cert("sms.example").configure_cert(far)
    with FaultServer([answer(200)], tls=far) as server:
        tunnel = Tunnel(server)

        def act(connection: socket.socket) -> None:
            with near.wrap_socket(connection, server_side=True) as secure:
                tunnel(secure)

        with FaultServer(on_accept=act) as proxy:
            table = through(f"https://127.0.0.1:{proxy.port}", ca=str(tmp_path / "ca.pem"))
            assert carried(table, post("https://sms.example/a"), by=by).status == 200
            tunnel.close()
    assert tunnel.asked == [b"CONNECT sms.example:443 HTTP/1.1"]


@each(("status", "again"), [(403, False), (407, False), (502, True), (503, True)])
def test_a_proxy_that_refuses_a_tunnel_is_named_with_its_status(
    *, status: int, again: bool, by: str
) -> None:
    with FaultServer() as server, FaultServer(on_accept=Tunnel(server, status)) as proxy:
        end = broke(through(proxy), post("https://sms.example/a"), by=by)
    why = f"the proxy 127.0.0.1:{proxy.port} refused to open a tunnel to sms.example: HTTP {status}"
    assert (end.left, end.why, end.retry) == (Left.NOTHING, why, again)


def read_whole(connection: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\r\n\r\n" if data.startswith(b"CONNECT") else b"\r\n\r\nx=1"):
        data += connection.recv(65_536)


def reset_after(connection: socket.socket) -> None:
    read_whole(connection)
    reset(connection)


@each(
    ("act", "why"),
    [
        (reset_after, "the connection was reset"),
        (read_whole, "the connection was closed without an answer"),
    ],
)
@each("scheme", ["http", "https"])
def test_a_proxy_that_dies_is_named_and_not_the_provider(
    scheme: str, act: Callable[[socket.socket], Any], why: str, by: str
) -> None:
    with FaultServer(on_accept=act) as proxy:
        end = broke(through(proxy), post(f"{scheme}://sms.example/a"), by=by)
    assert end.why == f"{why} (the proxy 127.0.0.1:{proxy.port})"
    assert end.left is (Left.NOTHING if scheme == "https" else Left.ALL)


@each("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named_and_not_the_provider(scheme: str, by: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        end = broke(
            through(f"http://user:canary@127.0.0.1:{port}"), post(f"{scheme}://sms.example/"), by=by
        )
    assert end.why == f"the connection was refused (the proxy 127.0.0.1:{port})"
    assert end.left is Left.NOTHING


@each("value", [" key", "key ", "\tkey", "ke\r\ny", "ke\ny", "ke\0y", "ke\x7fy", "ke\u2028y"])
def test_a_header_that_cannot_go_out_is_refused_before_anything_leaves(value: str, by: str) -> None:
    with FaultServer([answer(200)]) as server:
        request = Request(
            method="POST", url=f"{server.url}/a", headers={"X-Key": value}, body=b"x=1"
        )
        end = broke(backend("rest", server.url), request, by=by)
        assert server.connections == 0  # nobody came
    why = "the header X-Key holds a control character, or a blank at an end"
    assert (end.left, end.why, end.retry) == (Left.NOTHING, why, False)


def test_a_header_beyond_ascii_goes_out_as_utf_8(by: str) -> None:
    with FaultServer([answer(200)]) as server:
        carried(backend("rest", server.url), post(f"{server.url}/a", Realm="Größe €"), by=by)
    assert "Realm: Größe €" in server.sends[0].head.encode("latin-1").decode()


@each("variable", VARIABLES)
def test_issuers_of_the_environment_are_trusted_as_they_were_at_the_start(
    variable: str, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, other = secured(tmp_path, "127.0.0.1"), tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with FaultServer([answer(200)], tls=there.tls) as server:
        url = f"https://127.0.0.1:{server.port}"
        table, request = backend("rest", url), post(f"{url}/a")
        assert broke(table, request, by=by).left is Left.NOTHING
        monkeypatch.setenv(variable, there.ca)
        assert carried(table, request, by=by).status == 200
        assert broke(backend("rest", url, ca=str(other)), request, by=by).left is Left.NOTHING


def test_nothing_of_the_environment_is_asked_at_a_send(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FaultServer([answer(200)]) as server:
        table = backend("rest", server.url)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert carried(table, post(f"{server.url}/a"), by=by).status == 200
    assert "uthorization" not in server.sends[0].head


def test_no_library_says_a_word_of_a_request(by: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with saying(OK + b"Content-Type: multipart/mixed\r\nodd\r\n\r\n") as server:
        broke(backend("rest", server.url), post(f"{server.url}/canary"), by=by)
    assert caplog.text == ""
