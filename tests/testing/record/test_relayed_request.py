"""A request is read from bytes as they arrive, and its body is passed on as it came."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.serving.request_reading import MOST_HEAD, BadRequest
from smsbridge.testing.record.relayed_request import RelayedRequest

from support.each import each

LENGTH = b"POST /a?b HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = (
    b"PUT /a HTTP/1.1\nTransfer-Encoding: Chunked\n\n3;x\r\nhel\r\n002\r\nlo\r\n0\r\nT: 1\r\n\r\n"
)
BODILESS = b"\r\nGET / HTTP/1.0\r\n\r\n"


def read(*parts: bytes, most: int = 100) -> tuple[RelayedRequest, bytes]:
    reading = RelayedRequest(list, most)
    return reading, b"".join(reading.relay(part) for part in parts if not reading.whole)


@given(st.sampled_from([LENGTH, CHUNKS, BODILESS]), st.lists(st.integers(0, 90), max_size=4))
def test_a_request_is_the_same_however_its_bytes_arrive(request: bytes, cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(request)]
    reading, passed = read(*(request[a:b] for a, b in pairwise(at)))
    assert reading.whole
    assert passed == request.removeprefix(b"\r\n")
    assert reading.body == (b"" if request is BODILESS else b"hello")


def test_headers_of_one_name_are_joined_and_what_follows_is_left() -> None:
    reading, passed = read(LENGTH + BODILESS)
    assert (reading.method, reading.target) == ("POST", "/a?b")
    assert reading.headers == {"Host": "x", "X-A": "1, 2", "Content-Length": "5"}
    assert (passed, reading.rest) == (LENGTH, BODILESS)


def test_a_large_body_is_passed_on_whole_and_kept_in_part() -> None:
    reading, passed = read(LENGTH, most=3)
    assert (reading.body, reading.is_cut, passed) == (b"hel", True, LENGTH)


@each(
    "odd",
    [
        b"\x16\x03\x01",
        b"HELLO\r\n",
        b"GET / HTTP/2\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD + b"\r\n\r\n",
    ],
)
def test_what_has_no_one_meaning_is_given_back_as_it_came(odd: bytes) -> None:
    reading, passed = RelayedRequest(list, 100), bytearray()

    def feed() -> None:
        for at in range(0, len(odd), 1000):
            passed.extend(reading.relay(odd[at : at + 1000]))

    with pytest.raises(BadRequest) as caught:
        feed()
    assert odd.startswith(passed + reading.held)
    assert len(passed + reading.held) >= min(len(odd), MOST_HEAD)
    assert "no name" not in str(caught.value)
