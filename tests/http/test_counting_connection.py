"""What has left, counted: nothing, a part, or all. On real sockets: test_requests_transport.py."""

from __future__ import annotations

import pytest

from smsbridge.http.counting_connection import Sending
from smsbridge.http.exchange import Left, Request

from support.each import each


def sending(seconds: float = 5) -> Sending:
    request = Request(method="POST", url="http://127.0.0.1/")
    return Sending(request=request, proxy=None, deadline=seconds, monotonic=lambda: 0.0)


def test_nothing_has_left_before_the_first_byte() -> None:
    assert sending().left is Left.NOTHING


@each(("sent", "left"), [(False, Left.PART), (True, Left.ALL)])
def test_bytes_without_the_end_are_a_part_and_with_it_all(*, sent: bool, left: Left) -> None:
    one = sending()
    one.bytes_left, one.sent = 1, sent
    assert one.left is left


def test_a_first_byte_back_counts_as_all_whatever_had_left() -> None:
    one = sending()
    one.bytes_left = 1
    one.answered = True
    assert one.left is Left.ALL


def test_what_a_tunnel_took_is_no_part_of_the_request() -> None:
    one = sending()
    one.bytes_left, one.answered = 40, True
    one.begin()
    assert one.left is Left.NOTHING


def test_the_time_that_remains_never_ends_in_zero() -> None:
    assert 0 < sending(5).remaining_seconds() <= 5
    with pytest.raises(TimeoutError):
        sending(-1).remaining_seconds()
