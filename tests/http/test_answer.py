"""The bytes of an answer: what is taken, what is refused, and where the limits are."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from smsbridge.http.answer import MOST_HEAD, BadAnswer, Reading

from support.each import each

LIMIT = 1000
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def read(data: bytes, step: int = 0, method: str = "POST") -> Reading:
    """Return what an answer is read to, given in steps, with the end of the connection."""
    reading = Reading(method, LIMIT)
    step = step or len(data) or 1
    for start in range(0, len(data), step):
        reading.feed(data[start : start + step])
    if not reading.whole:
        reading.feed(b"")
    return reading


@each("step", [0, 1, 7])
@each(
    ("data", "body"),
    [
        (OK + b"Content-Length: 5\r\n\r\nHello", b"Hello"),
        (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nHello", b"Hello"),
        (OK + b"Content-Length: 5, 5\r\n\r\nHello", b"Hello"),
        (OK + b"Content-Length:\r\n 5\r\n\r\nHello", b"Hello"),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (OK + b"\r\nHello", b"Hello"),
        (OK + b"Transfer-Encoding: identity\r\n\r\nHello", b"Hello"),
        (b"HTTP/1.1 200\nContent-Length: 5\n\nHello", b"Hello"),
        (b"\r\nHTTP/1.0 200 OK\r\n\r\nHello", b"Hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\n" + OK + b"\r\nH", b"H"),
        (CHUNKED + b"5\r\nHello\r\n0\r\n\r\n", b"Hello"),
        (CHUNKED + b"2;a=b\r\nHe\r\n0003 \r\nllo\r\n0\r\n\r\n", b"Hello"),
        (CHUNKED + b"A\nHelloHello\n0\n\n", b"HelloHello"),
        (CHUNKED + b"5\r\nHello\r\n0\r\nContent-Length: 9\r\nX-Sum: 1\r\n\r\n", b"Hello"),
        (CHUNKED + b"5\r\nHello\r\n0\r\n", b"Hello"),
        (CHUNKED + b"5\r\nHello\r\n0\r\nX-Su", b"Hello"),
    ],
)
def test_an_answer_is_read_however_its_bytes_come(data: bytes, body: bytes, step: int) -> None:
    reading = read(data, step)
    assert (reading.whole, reading.status, reading.body) == (True, 200, body)


@each("step", [0, 1])
@each(
    "size", ["-1", "+5", "0x5", "5_0", " 5", "", ";x", "\u0665", "5g", "-0", "1" * 17, "f" * 5000]
)
def test_only_hex_digits_are_the_size_of_a_chunk(size: str, step: int) -> None:
    with pytest.raises(BadAnswer):
        read(CHUNKED + size.encode() + b"\r\nHello\r\n0\r\n\r\n", step)


@each(
    "data",
    [
        b"",
        b"HTT",
        b"garbage\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        OK,
        OK + b"X: y\r\n",
        OK + b"no header\r\n\r\n",
        OK + b": y\r\n\r\n",
        OK + b" folded: y\r\n\r\n",
        OK + b"Content-Length : 5\r\n\r\nHello",
        OK + b"X: a\rb\r\n\r\n",
        OK + b"X: a\0b\r\n\r\n",
        OK + b"Content-Length: 5\r\n\r\nHell",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nHello!",
        OK + b"Content-Length: 5, 6\r\n\r\nHello!",
        OK + b"Content-Length: +5\r\n\r\nHello",
        OK + b"Content-Length: -5\r\n\r\nHello",
        OK + b"Content-Length: 5_0\r\n\r\nHello",
        OK + "Content-Length: \u0665\r\n\r\nHello".encode(),
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nHello",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n",
        CHUNKED,
        CHUNKED + b"5\r\nHell",
        CHUNKED + b"5\r\nHello\r\n",
        CHUNKED + b"5\r\nHello, \r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + OK + b"\r\n",
    ],
)
def test_what_is_cut_off_or_can_be_read_in_two_ways_is_refused(data: bytes) -> None:
    for step in (0, 1):
        with pytest.raises(BadAnswer):
            read(data, step)


def test_what_refuses_an_answer_shows_nothing_of_it() -> None:
    for data in (b"canary\r\n\r\n", OK + b"canary\r\n\r\n", CHUNKED + b"canary\r\n"):
        with pytest.raises(BadAnswer) as refused:
            read(data)
        assert "canary" not in str(refused.value)


@each("framing", [b"Content-Length: %d\r\n\r\n", b"X: %d\r\n\r\n"])
def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not(framing: bytes) -> None:
    assert len(read(OK + framing % LIMIT + b"x" * LIMIT).body) == LIMIT
    with pytest.raises(BadAnswer, match="larger than 1000 bytes"):
        read(OK + framing % (LIMIT + 1) + b"x" * (LIMIT + 1))


def test_an_announced_body_beyond_the_limit_is_refused_before_it_comes() -> None:
    for data in (
        OK + b"Content-Length: 1001\r\n\r\n",
        CHUNKED + b"fffffffffffffff\r\n" + b"x" * 1001,
    ):
        with pytest.raises(BadAnswer, match="larger than 1000 bytes"):
            Reading("POST", LIMIT).feed(data)


@each(
    "headers",
    [
        b"X: " + b"a" * 16_384 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(150)),
        b"X: " + b"a" * (MOST_HEAD - len(OK) - 7) + b"\r\n",
    ],
)
def test_many_and_long_headers_are_read(headers: bytes) -> None:
    assert read(OK + headers + b"\r\nHello").body == b"Hello"


@each(
    "endless",
    [
        OK + b"X: " + b"a" * MOST_HEAD,
        OK + b"X: y\r\n" * (MOST_HEAD // 6),
        b"\r\n" * MOST_HEAD,
        CHUNKED + b"5;" + b"a" * MOST_HEAD,
        CHUNKED + b"0" * (MOST_HEAD + 1),
        CHUNKED + b"0\r\n" + b"X: y\r\n" * (MOST_HEAD // 3),
    ],
)
def test_headers_without_an_end_are_refused_while_they_come(endless: bytes) -> None:
    with pytest.raises(BadAnswer, match="headers of the answer are larger than 262144 bytes"):
        Reading("POST", LIMIT).feed(endless)


@each(
    ("method", "status"),
    [("HEAD", 200), ("POST", 204), ("POST", 304), ("POST", 101), ("CONNECT", 200)],
)
def test_an_answer_that_has_no_body_ends_with_its_headers(method: str, status: int) -> None:
    reading = Reading(method, LIMIT)
    assert reading.feed(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status)
    assert reading.body == b""


@each(
    ("data", "kept"),
    [
        (OK + b"Content-Length: 1\r\n\r\nx", True),
        (OK + b"Content-Length: 1\r\n\r\nxy", False),
        (OK + b"Content-Length: 1\r\nConnection: Close\r\n\r\nx", False),
        (OK + b"Connection: x, close\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", True),
        (CHUNKED + b"0\r\n\r\n", True),
        (CHUNKED + b"0\r\n", False),
        (OK + b"\r\nx", False),
        (b"HTTP/1.1 101 Switching\r\n\r\n", False),
        (b"HTTP/1.1 204 X\r\n\r\n", False),  # some send a body all the same, and later
        (b"HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", False),
    ],
)
def test_a_connection_goes_on_after_an_answer_that_says_so_and_nothing_more(
    data: bytes, *, kept: bool
) -> None:
    assert read(data).kept_open is kept


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    reading = read(OK + b"Content-Length: 1\r\n\r\nx")
    assert reading.feed(b"HTTP/1.1 429 Too Many\r\n\r\n")
    assert (reading.kept_open, reading.status, reading.body) == (False, 200, b"x")


def test_headers_of_one_name_are_one_list_and_text_may_be_utf_8_or_latin_1() -> None:
    head = "X-A:  1 \r\nx-a: 2\r\nX-B: ü\r\n".encode() + b"X-C: \xfc\r\n"
    assert read(OK + head + b"\r\n").headers == {"X-A": "1, 2", "X-B": "ü", "X-C": "ü"}


@each(
    "line",
    [
        b"X: " + b"a" + b" " * 250_000 + b"b",
        b"X: " + b"\t" * 250_000,
        b"X" * 250_000,
        b"X: y" + b"\n z" * 80_000,
        b"\n".join(b"X-%d: y" % number for number in range(20_000)),
    ],
)
def test_no_headers_take_long_to_read(line: bytes) -> None:
    started = time.process_time()
    with suppress(BadAnswer):
        read(OK + line + b"\r\n\r\n")
    assert time.process_time() - started < 2
