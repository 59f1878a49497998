"""What ``smsbridge webhook listen`` does with one request, without a socket; and its server."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
import pytest
import requests

from smsbridge import Secret
from smsbridge.cli.webhook_listener import Listener, serve
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Request, Response
from smsbridge.webhooks.event_reader import MOST_BYTES
from smsbridge.webhooks.guard import Guard

from support.webhooking import SECRET, TABLES, TIMESTAMP, having, signed, unsigned

AWAY = "no answer: the connection was refused (127.0.0.1)"


def heard(request: Request, **given: Any) -> tuple[int, Mapping[str, Any], list[Request]]:
    """Return the status of an answer, what was shown, and what was forwarded."""
    shown: list[Mapping[str, Any]] = []
    forwarded: list[Request] = []

    def post(one: Request) -> Response:
        forwarded.append(one)
        return Response(status=202)

    secrets = given.pop("secrets", [])
    settings = {"path": "", "forward": None, "post": post, "zone": None, **given}
    guard = (
        Guard(
            TABLES,
            dict,
            secrets=secrets,
            path="",
            networks=(),
            public_url="",
            now=lambda: datetime.now(UTC),
        )
        if secrets
        else None
    )
    answer = Listener(tables=TABLES, guard=guard, show=shown.append, **settings).answer(
        request, "127.0.0.1"
    )
    (row,) = shown
    assert row["status"] == answer.status
    return answer.status, row, forwarded


def test_without_a_secret_all_that_can_be_read_is_taken_and_nothing_is_called_valid() -> None:
    for request in (signed(), signed(late=9999), unsigned()):
        status, row, _ = heard(request)
        assert (status, row["signature"], row["why"]) == (200, "not checked", "")
        assert row["event"]["type"] == "sms.received"


def test_with_a_secret_the_clock_of_this_machine_decides() -> None:
    status, row, forwarded = heard(signed(), secrets=[Secret(SECRET)], forward="http://127.0.0.1")
    assert (status, row["signature"], row["event"], forwarded) == (401, "invalid", None, [])
    assert "this clock" in row["why"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (replace(unsigned(), url="/other"), 404),
        (replace(unsigned(), url="/sms", method="GET"), 405),
        (replace(unsigned(), url="/sms", body=b" " * (MOST_BYTES + 1)), 413),
        (replace(unsigned(), url="/sms", body=b"[]"), 400),
    ],
)
def test_what_is_refused_is_shown_and_not_forwarded(request_: Request, status: int) -> None:
    got, row, forwarded = heard(request_, path="/sms", forward="http://127.0.0.1")
    assert (got, row["event"], forwarded) == (status, None, [])
    assert row["why"]


def test_it_forwards_body_and_headers_as_they_came_but_for_those_of_the_connection() -> None:
    request = having(signed(), Host="a.example", Content_Length="9", Connection="close")
    status, row, (forwarded,) = heard(request, forward="http://127.0.0.1:8000/in")
    assert (status, row["why"]) == (202, "")
    assert (forwarded.url, forwarded.method) == ("http://127.0.0.1:8000/in", "POST")
    assert forwarded.body == request.body
    assert forwarded.headers == signed().headers
    assert TIMESTAMP in forwarded.headers


def test_where_nobody_is_there_to_forward_to_the_answer_is_502() -> None:
    def away(_: Request) -> Response:
        raise SmsbridgeError(AWAY)

    status, row, _ = heard(unsigned(), forward="http://127.0.0.1", post=away)
    assert (status, row["why"]) == (502, AWAY)
    assert row["event"]["type"] == "sms.received"


def refusing(_: Request, peer: str) -> Response:
    return Response(status=413, body=peer.encode())


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_body_that_is_not_read_takes_no_answer_away(host: str) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with serve(refusing, host, 0) as address:
        got = requests.post(address, data=b" " * (8 * MOST_BYTES), timeout=30)
    assert (got.status_code, got.text) == (413, host)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\nabc", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"413"),
        (b"POST / HTTP/9\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", b"431"),
    ],
    ids=range(7),
)
def test_a_hostile_request_is_answered_in_plain_words(data: bytes, status: bytes) -> None:
    with serve(refusing, "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while more := connection.recv(65_536):
                answer += more
    assert answer.split(b" ")[1] == status
    assert b"<" not in answer


def test_at_the_end_nobody_listens_any_more() -> None:
    with serve(refusing, "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)


def test_a_host_that_is_none_is_said() -> None:
    with (
        pytest.raises(click.ClickException, match=r"192\.0\.2\.1, port 0"),
        serve(refusing, "192.0.2.1", 0),
    ):
        pass
