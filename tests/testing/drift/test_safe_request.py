"""A request for the live service has real credentials, and no value is a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge.http.exchange import Request, Response
from smsbridge.testing.drift.safe_request import NotAskable, write_request
from smsbridge.testing.fixture.load import load
from smsbridge.testing.fixture.scenario import Scenario
from smsbridge.testing.mock.default import sample_backend

from support.each import each


def scenario(**minted: str) -> Scenario:
    made = Scenario(
        load("smsmobileapi/default"),
        {"api_key": "real"},
        lambda: "0",
        lambda: datetime(2026, 11, 29, tzinfo=UTC),
    )
    made.minted |= minted
    return made


def nobody(_: Request) -> Response:
    raise AssertionError("no WSDL is fetched")


def written(query: Any, **minted: str) -> str:
    pattern = {"method": "GET", "path": "/log", "query": query}
    return write_request(pattern, sample_backend(), scenario(**minted), nobody).query


@each(
    ("query", "found"),
    [
        ({"apikey": "{secret:api_key}"}, "apikey=real"),
        ({"apikey": {"$optional": "{secret:api_key}"}, "id": "7"}, "apikey=real&id=7"),
        ({"more": {"$optional": "x"}, "no": {"$absent": True}, "id": "7"}, "id=7"),
        ({"id": "{minted:id}"}, "id=41"),
        ({"id": {"$one-of": ["7", "8"]}, "$extra": "allow"}, "id=7"),
    ],
)
def test_placeholders_are_filled_and_what_is_optional_is_left_out(query: Any, found: str) -> None:
    assert written(query, id="41") == found


@each(
    ("query", "why"),
    [
        ({"apikey": "{secret:other}"}, "the config has no other"),
        ({"id": "{minted:id}"}, "it needs {minted:id}, which no safe interaction gave"),
        ({"id": {"$any": True}}, "query.id may be anything: give a value"),
        ({"id": {"$regex": "x"}}, "query.id may be anything: give a value"),
    ],
)
def test_a_value_that_is_not_known_is_never_made_up(query: Any, why: str) -> None:
    with pytest.raises(NotAskable) as caught:
        written(query)
    assert caught.value.why == why


def test_a_token_that_is_not_known_is_left_to_the_auth() -> None:
    pattern = {"path": "/log", "headers": {"authorization": "Bearer {minted:token}", "x": "1"}}
    for minted, headers in (
        ({}, {"x": "1"}),
        ({"token": "t"}, {"authorization": "Bearer t", "x": "1"}),
    ):
        made = write_request(pattern, sample_backend(), scenario(**minted), nobody)
        assert made.headers == headers
