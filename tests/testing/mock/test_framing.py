"""A request ends where its head says, and one whose end nobody can tell is refused."""

from __future__ import annotations

import io
from email.message import Message
from http.client import parse_headers

import pytest

from smsbridge.testing.mock.framing import MOST_BYTES, Refused, body_size, read_body


def head(*lines: str) -> Message:
    return parse_headers(io.BytesIO("\r\n".join([*lines, "", ""]).encode("latin-1")))


def refused(*lines: str) -> int:
    with pytest.raises(Refused) as caught:
        body_size(head(*lines))
    assert str(caught.value)
    return caught.value.status


def chunks(body: bytes) -> bytes:
    return read_body(io.BytesIO(body), None)


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["content-length:  007\t"], 7),
        ([f"Content-Length: {MOST_BYTES}"], MOST_BYTES),
        (["Transfer-Encoding: Chunked"], None),
    ],
)
def test_a_head_says_how_long_its_body_is(lines: list[str], size: int | None) -> None:
    assert body_size(head(*lines)) == size


@pytest.mark.parametrize(
    "said", ["-1", "+1", "\xb2", "1_0", "0x1", "1, 1", "1 1", "", "1\r\n 1", "many", "1.0"]
)
def test_a_length_that_is_not_a_number_in_digits_is_400(said: str) -> None:
    assert refused(f"Content-Length: {said}") == 400


@pytest.mark.parametrize("said", [str(MOST_BYTES + 1), str(2**63), "9" * 5000])
def test_a_length_above_the_cap_is_413(said: str) -> None:
    assert refused(f"Content-Length: {said}") == 413


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 3", "Content-Length: 3"],
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Host: a.example", "Host: b.example"],
        ["Content-Length : 3"],
        ["no header", "Content-Length: 3"],
        [" Host: a.example"],
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_400(lines: list[str]) -> None:
    assert refused(*lines) == 400


@pytest.mark.parametrize(
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
    assert refused(*lines) == 501


def test_a_body_is_read_to_its_length_and_no_further() -> None:
    stream = io.BytesIO(b"HelloGET /")
    assert (read_body(stream, 5), stream.read()) == (b"Hello", b"GET /")


@pytest.mark.parametrize(
    "data",
    [
        b"5\r\nHello\r\n0\r\n\r\n",
        b"2;name=value\r\nHe\r\n3 \r\nllo\r\n000\r\n\r\n",
        b"5\nHello\n0\n\n",
        b"5\r\nHello\r\n0\r\nX-Trailer: 1\r\nX-More: 2\r\n\r\n",
    ],
)
def test_chunks_are_put_together(data: bytes) -> None:
    stream = io.BytesIO(data + b"GET /")
    assert (read_body(stream, None), stream.read()) == (b"Hello", b"GET /")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"zz\r\n",
        b"-5\r\nHello\r\n0\r\n\r\n",
        b"0x5\r\nHello\r\n0\r\n\r\n",
        "²\r\nHe\r\n0\r\n\r\n".encode(),
        b"5" * 17 + b"\r\n",
        b"5" * 5000 + b"\r\n",
        b"5\r\nHel",
        b"5\r\nHello!\r\n0\r\n\r\n",
        b"5\r\nHello\r\n",
        b"5\r\nHello\r\n0\r\n",
        b"5\r\nHello\r\n0\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"5\r\nHello\r\n0\r\nX: " + b"y" * 5000 + b"\r\n\r\n",
    ],
)
def test_chunks_that_do_not_end_as_they_say_are_400(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        chunks(data)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "data", [b"ffffffffffffffff\r\n", b"1\r\nx\r\n" + b"%x\r\n" % MOST_BYTES, b"100001\r\n"]
)
def test_chunks_above_the_cap_are_413_before_they_are_read(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        chunks(data)
    assert caught.value.status == 413


def test_a_body_that_ends_before_its_length_is_400() -> None:
    with pytest.raises(Refused) as caught:
        read_body(io.BytesIO(b"Hell"), 5)
    assert caught.value.status == 400
