"""An answer comes back as it came, but for addresses of the provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsbridge.http.answer import BadAnswer, Reading
from smsbridge.testing.record.answer_relay import AnswerRelay

WSDL = (
    b"HTTP/1.1 200 Fine\r\nContent-Type: text/xml\r\nX-A: 1\r\n"
    b"Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nold"
)


def relay(
    move_body: Callable[[Reading], bytes | None] | None = None, method: str = "POST"
) -> AnswerRelay:
    return AnswerRelay(Reading(method, 1000), bytes.upper, move_body)


def bytewise(passing: AnswerRelay, came: bytes) -> bytes:
    return b"".join(passing.feed(came[at : at + 1]) for at in range(len(came)))


def test_only_a_location_in_a_head_is_moved() -> None:
    came = (
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        b"HTTP/1.1 302 Found\r\nlocation:  http://a/ \r\nX: location\r\n"
        b"Content-Length: 14\r\n\r\nLocation: b\r\n\r"
    )
    passing = relay()
    assert bytewise(passing, came) == came.replace(b"http://a/", b"HTTP://A/")
    assert passing.reading.whole


def test_a_head_is_passed_on_line_by_line() -> None:
    passing = relay()
    assert passing.feed(b"HTTP/1.1 200 OK\r\nX-Dr") == b"HTTP/1.1 200 OK\r\n"
    assert passing.feed(b"ip: 1\r\n") == b"X-Drip: 1\r\n"


def test_a_body_that_is_rewritten_has_its_own_length() -> None:
    passing = relay(lambda _: b"newer", "GET")
    assert bytewise(passing, WSDL) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nnewer"
    )


def test_what_is_held_back_and_not_rewritten_comes_as_it_came() -> None:
    assert bytewise(relay(lambda _: None, "GET"), WSDL) == WSDL


def test_nothing_is_held_back_that_can_be_no_contract() -> None:
    passing = relay(lambda _: b"newer", "GET")
    came = WSDL.replace(b"text/xml", b"text/html")
    assert passing.feed(came[:-2]) == came[:-2]


def test_what_is_no_answer_is_given_back() -> None:
    passing = relay()
    with pytest.raises(BadAnswer):
        passing.feed(b"\x00 garbage\r\n")
    assert not passing.is_http
    assert passing.rest() == b"\x00 garbage\r\n"
