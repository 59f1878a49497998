"""What came in at a lane is kept, in its order, and not without an end."""

from __future__ import annotations

from datetime import UTC, datetime

from smsbridge.http.exchange import Request
from smsbridge.testing.mock.request_log import MOST_BYTES, MOST_KEPT, RequestLog

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REQUEST = Request(method="GET", url="http://localhost/")


def log() -> RequestLog:
    return RequestLog(lambda: NOON)


def test_each_request_has_a_number_that_no_other_ever_has() -> None:
    kept = log()
    first = kept.begin(REQUEST)
    assert (first.id, first.at, kept.find("1")) == ("1", NOON, first)
    kept.forget()
    assert (kept.begin(REQUEST).id, kept.find("1")) == ("2", None)


def test_the_last_thousand_are_kept_and_it_is_known_how_many_are_not() -> None:
    kept = log()
    for _ in range(MOST_KEPT + 3):
        kept.begin(REQUEST)
    assert [len(kept.requests), kept.requests[0].id, kept.dropped] == [MOST_KEPT, "4", 3]


def test_large_ones_are_kept_as_far_as_there_is_room_and_the_last_one_always() -> None:
    kept = log()
    for size in (MOST_BYTES // 2, MOST_BYTES // 2, 10, 2 * MOST_BYTES):
        kept.begin(Request(method="POST", url="http://localhost/", body=b"x" * size))
        if size == 10:
            assert [one.id for one in kept.requests] == ["2", "3"]
    assert ([one.id for one in kept.requests], kept.dropped) == (["4"], 3)
