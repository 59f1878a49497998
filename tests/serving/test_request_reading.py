"""A request ends where its head says, and one whose end nobody can tell is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.serving.request_reading import MOST_HEAD, BadRequest, RequestReading

from support.each import each

MOST = 1024 * 1024
POST = "POST /a?b HTTP/1.1"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read(*parts: bytes) -> RequestReading:
    reading = RequestReading(MOST)
    for part in parts:
        reading.feed(part)
    return reading


def refused(data: bytes) -> int:
    with pytest.raises(BadRequest) as caught:
        read(data)
    assert str(caught.value) == caught.value.why
    return caught.value.status


WHOLE = {
    head(POST, "Host: x", "X-A: 1", "x-a: 2", "Content-Length: 5") + b"hello": b"hello",
    b"\r\n" + CHUNKED + b"3;x\r\nhel\r\n002\r\nlo\r\n0\r\nT: 1\r\n\r\n": b"hello",
    b"GET / HTTP/1.0\n\n": b"",
}


@given(st.sampled_from(list(WHOLE)), st.lists(st.integers(0, 90), max_size=4))
def test_a_request_is_the_same_however_its_bytes_arrive(request: bytes, cuts: list[int]) -> None:
    at = [0, *sorted(min(cut, len(request)) for cut in cuts), len(request)]
    reading = RequestReading(MOST)
    for a, b in pairwise(at):
        if not reading.whole:
            reading.feed(request[a:b])
    assert (reading.whole, reading.body, reading.rest) == (True, WHOLE[request], b"")


def test_what_a_head_says_is_kept_and_what_comes_after_the_body_too() -> None:
    reading = read(next(iter(WHOLE)) + b"GET /next")
    assert (reading.method, reading.target) == ("POST", "/a?b")
    assert reading.headers == {"Host": "x", "X-A": "1, 2", "Content-Length": "5"}
    assert (reading.header("x-a"), reading.header("none")) == ("1, 2", "")
    assert reading.rest == b"GET /next"


@each(
    ("lines", "persistent"),
    [
        ([POST], True),
        ([POST, "Connection: close"], False),
        ([POST, "Connection: TE, Close"], False),
        (["GET / HTTP/1.0"], False),
        (["GET / HTTP/1.0", "Connection: keep-alive"], False),
    ],
)
def test_a_client_may_ask_again_unless_its_version_or_its_head_says_no(
    lines: list[str], *, persistent: bool
) -> None:
    assert read(head(*lines)).persistent is persistent


@each(
    ("lines", "size"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["content-length:  007\t"], 7),
        ([f"Content-Length: {MOST}"], MOST),
        (["Content-Type: multipart/form-data; boundary=xyz", "Content-Length: 7"], 7),
    ],
)
def test_a_head_says_how_long_its_body_is(lines: list[str], size: int) -> None:
    reading = read(head(POST, *lines))
    assert reading.whole is (size == 0)
    if size:
        reading.feed(b"x" * (size + 3))
    assert (len(reading.body), len(reading.rest)) == (size, 3 if size else 0)


@each("said", ["-1", "+1", "\xb2", "1_0", "0x1", "1, 1", "1 1", "", "1\r\n 1", "many", "1.0"])
def test_a_length_that_is_not_a_number_in_digits_is_400(said: str) -> None:
    assert refused(head(POST, f"Content-Length: {said}")) == 400


@each("said", [str(MOST + 1), str(2**63), "9" * 5000])
def test_a_length_above_the_cap_is_413(said: str) -> None:
    assert refused(head(POST, f"Content-Length: {said}")) == 413


@each(
    "lines",
    [
        ["Content-Length: 3", "Content-Length: 3"],
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Host: a.example", "Host: b.example"],
        ["Content-Length : 3"],
        ["no header", "Content-Length: 3"],
        [": no name"],
        [" Host: a.example"],
        ["Content-Type: multipart/form-data; boundary=xyz", "no header", "Content-Length: 3"],
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_400(lines: list[str]) -> None:
    assert refused(head(POST, *lines)) == 400


@each(
    "lines",
    [
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: \x0bchunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding:"],
    ],
)
def test_a_transfer_encoding_that_is_not_chunked_alone_is_501(lines: list[str]) -> None:
    assert refused(head(POST, *lines)) == 501


@each(
    ("data", "status"),
    [
        (b"\x16\x03\x01", 400),
        (b"HELLO\r\n", 400),
        (b"GET / HTTP/" + b"9" * 5000 + b"\r\n", 400),
        (b"GET /\r\n", 505),
        (b"GET / HTTP/2\r\n", 505),
        (b"GET / HTTP/9.9\r\n", 505),
        (b"GET /" + b"a" * MOST_HEAD, 414),
        (head(POST, "X: " + "x" * MOST_HEAD), 431),
        (head(POST, *["X: y"] * 101), 431),
    ],
)
def test_what_is_no_head_of_http_1_1_is_refused_by_what_is_wrong(data: bytes, status: int) -> None:
    assert refused(data) == status


def chunks(data: bytes) -> RequestReading:
    return read(CHUNKED, data)


@each(
    "data",
    [
        b"5\r\nHello\r\n0\r\n\r\n",
        b"2;name=value\r\nHe\r\n3 \r\nllo\r\n000\r\n\r\n",
        b"5\nHello\n0\n\n",
        b"5\r\nHello\r\n0\r\nX-Trailer: 1\r\nX-More: 2\r\n\r\n",
    ],
)
def test_chunks_are_put_together(data: bytes) -> None:
    reading = chunks(data + b"GET /")
    assert (reading.body, reading.rest) == (b"Hello", b"GET /")


@each("data", [b"", b"5\r\nHel", b"5\r\nHello\r\n", b"5\r\nHello\r\n0\r\n"])
def test_chunks_that_have_not_ended_are_waited_for(data: bytes) -> None:
    assert not chunks(data).whole


@each(
    "data",
    [
        b"\r\n",
        b"zz\r\n",
        b"-5\r\nHello\r\n0\r\n\r\n",
        b"0x5\r\nHello\r\n0\r\n\r\n",
        "²\r\nHe\r\n0\r\n\r\n".encode(),
        b"5" * 17 + b"\r\n",
        b"5" * 5000 + b"\r\n",
        b"5\r\nHello!\r\n0\r\n\r\n",
        b"5\r\nHello\r\n0\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"5\r\nHello\r\n0\r\nX: " + b"y" * 5000 + b"\r\n\r\n",
    ],
)
def test_chunks_that_do_not_end_as_they_say_are_400(data: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        chunks(data)
    assert caught.value.status == 400


@each("data", [b"ffffffffffffffff\r\n", b"1\r\nx\r\n" + b"%x\r\n" % MOST, b"100001\r\n"])
def test_chunks_above_the_cap_are_413_before_they_are_read(data: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        chunks(data)
    assert caught.value.status == 413
