"""A route with values in it: what is encoded, left out, and refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.route import address

from support.each import each


@each(
    ("values", "route"),
    [
        ({"recipient": "1", "sender": "SHOP"}, "GET /to/1?v=2&from=SHOP"),
        ({"recipient": "1"}, "GET /to/1?v=2"),
    ],
)
def test_what_a_route_has_no_value_for_is_left_out_of_its_query(
    values: dict[str, Any], route: str
) -> None:
    assert address("GET /to/{recipient}?v=2&from={sender}", values) == route
    assert address("GET /?from={sender}", {}) == "GET /"


def test_a_value_in_a_route_is_percent_encoded() -> None:
    values = {
        "recipient": "+12025550123",
        "id": "a/b?c d&é",
        "after": datetime(2027, 1, 31, 9, 0, 0, 1, tzinfo=UTC),
    }
    assert address("GET /v1/messages", values) == "GET /v1/messages"
    assert address("GET /{id}?to={recipient}&at={after|epoch}", values) == (
        "GET /a%2Fb%3Fc%20d%26%C3%A9?to=%2B12025550123&at=1801386001"
    )


@each("values", [{}, {"id": None}])
def test_a_route_that_lacks_a_value_is_no_request(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match=r"^id is missing: the route has it$"):
        address("GET /status/{id}", values)


def test_a_value_that_is_several_has_commas() -> None:
    values = {"recipients": ["+12025550123", "+447700900123"]}
    assert address("GET /send/{recipients|digits}?to={recipients}", values) == (
        "GET /send/12025550123%2C447700900123?to=%2B12025550123%2C%2B447700900123"
    )
