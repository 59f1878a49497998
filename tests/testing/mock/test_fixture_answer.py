"""An answer is what the fixture says, in the protocol of the call."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from smsbridge.http.exchange import Session
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider

from support.mocking import FIELDS, call, fault, fixture, request, response_to

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend(), session=Session(now=lambda: NOON))


def test_an_answer_has_the_status_the_headers_and_the_body_of_the_fixture(
    provider: Provider,
) -> None:
    response = "{status: 429, headers: {retry-after: 7, x-id: '{mint:id}'}, json: {a: [1, null]}}"
    provider.play(fixture(f"{{id: it, call: {{operation: send}}, response: {response}}}"))
    answer = response_to(provider, call(provider, "rest", FIELDS))
    assert answer.status == 429
    assert answer.header("retry-after") == "7"
    assert answer.header("x-id") == provider.scenario.minted["id"]
    assert answer.header("content-type") == "application/json"
    assert json.loads(answer.body) == {"a": [1, None]}


def test_an_answer_of_text_is_a_page_unless_the_fixture_says_otherwise(provider: Provider) -> None:
    for headers, kind in (("", "text/html; charset=utf-8"), ("text/plain", "text/plain")):
        given = f"headers: {{content-type: {headers}}}, " if headers else ""
        provider.play(
            fixture(f"{{id: it, request: {{path: /x}}, response: {{{given}text: 'ä {{now}}'}}}}")
        )
        answer = response_to(provider, request("/x"))
        assert (answer.status, answer.header("content-type")) == (200, kind)
        assert answer.body.decode() == "ä 2026-11-22T12:00:00Z"


def test_an_answer_of_soap_has_the_status_and_headers_of_the_fixture(provider: Provider) -> None:
    response = (
        "{status: 503, headers: {retry-after: '7'}, soap: {fault: {code: Server, string: later}}}"
    )
    provider.play(fixture(f"{{id: it, call: {{operation: send}}, response: {response}}}"))
    answer = response_to(provider, call(provider, "soap", FIELDS))
    assert fault(answer) == ("Server", "later")
    assert (answer.status, answer.header("retry-after")) == (503, "7")
