"""A request is answered by the scenario, else it is a miss; a message that was accepted is kept."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from smsbridge import (
    Client,
    OutcomeUnknown,
)
from smsbridge.http.exchange import Request, Session
from smsbridge.testing.mock.answering import NO_MATCH
from smsbridge.testing.mock.default import API_KEY, sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.each import each
from support.mocking import (
    BASIC,
    FIELDS,
    NUMBER,
    accepting,
    acme,
    document,
    fixture,
    form,
    request,
    response_to,
    said,
    soap,
    token,
)

KEY = {"apikey": API_KEY}
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend(), session=Session(now=lambda: NOON))


def test_a_miss_over_a_hostile_field_is_answered(provider: Provider) -> None:
    provider.play(fixture("{id: it, request: {json: {a: b}}, response: {}}"))
    assert response_to(provider, document({"a": "b", "\ud800": 1})).status == NO_MATCH


def test_what_nobody_asked_for_in_a_scenario_is_unplayed(provider: Provider) -> None:
    provider.play("smsmobileapi/send/accepted-oauth")
    assert provider.unplayed() == ["token", "send"]
    token(provider)
    assert provider.unplayed() == ["send"]


def test_a_miss_is_599_with_the_nearest_miss_and_is_kept(provider: Provider) -> None:
    provider.play("smsmobileapi/send/accepted-rest")
    given = form("/sendsms/", {**FIELDS, **KEY, "message": "Hi"})
    answer = response_to(provider, given)
    assert answer.status == NO_MATCH == 599
    why = "POST /sendsms/ matches nothing; nearest is send: form.message is not 'Hello'"
    assert said("rest", answer) == {"error": 599, "message": why}
    assert provider.misses == [why]
    assert provider.messages == []


def test_each_miss_is_kept(provider: Provider) -> None:
    provider.play("smsmobileapi/send/accepted-rest")
    for _ in range(2):
        response_to(provider, request("/other", "GET"))
    assert len(provider.misses) == 2
    assert all(miss.startswith("GET /other matches nothing") for miss in provider.misses)


LEAKS = [
    form("/sendsms/", {**FIELDS, "apikey": "other"}),
    form("/sendsms/", {**FIELDS, **KEY, "message": "Hi"}),
    form("/sendsms/", {**FIELDS, **KEY, "extra": API_KEY}),
    form("/sendsms/", {**FIELDS, "key": API_KEY}),
    form("/sendsms/", {**FIELDS, **KEY, API_KEY: "1"}),
    form("/sendsms/", {**FIELDS, **KEY}, authorization=f"Bearer {API_KEY}"),
    form(f"/sendsms/?apikey={API_KEY}", {**FIELDS, **KEY}),
    form(f"/sendsms/?{API_KEY}", {**FIELDS, **KEY}),
    form(f"/{API_KEY}/", FIELDS),
    document({**FIELDS, **KEY}),
    soap({**FIELDS, **KEY, "message": "Hi"}),
]


@pytest.mark.parametrize("given", LEAKS, ids=range(len(LEAKS)))
@pytest.mark.parametrize("name", ["accepted-rest", "accepted-soap", "accepted-oauth"])
def test_a_miss_shows_no_secret_number_or_text(
    provider: Provider, name: str, given: Request
) -> None:
    provider.play(f"smsmobileapi/send/{name}")
    provider.handle(given)
    shown = "".join(provider.misses)
    assert API_KEY not in shown
    assert "Hi" not in shown.replace("nearest is", "")


def test_a_miss_shows_no_token(provider: Provider) -> None:
    provider.play("smsmobileapi/send/accepted-oauth")
    given = token(provider)
    fields = {**FIELDS, "message": "Hi"}
    answer = response_to(provider, form("/sendsms/", fields, authorization=f"Bearer {given}"))
    assert answer.status == NO_MATCH
    assert given not in answer.body.decode()
    answer = response_to(provider, form("/sendsms/", {**fields, given: "1"}))
    assert given not in answer.body.decode()


@each("protocol", ["rest", "soap"])
def test_another_providers_miss_shows_no_credentials(protocol: str) -> None:
    provider = Provider(acme(protocol), accepting(protocol))
    sending = Client(provider.backend, transport=InProcess(provider))
    with sending as client, pytest.raises(OutcomeUnknown, match="HTTP 599"):
        client.send(NUMBER, "Hi")
    assert re.search(r"content\.body is not 'Hello'$", provider.misses[0])
    assert "test-password" not in provider.misses[0]
    assert BASIC.removeprefix("Basic ") not in provider.misses[0]


def test_a_nested_field_that_another_provider_does_not_know_is_noted() -> None:
    provider = Provider(
        acme("rest"),
        fixture("{id: it, call: {operation: send}, reply: {message: {state: QUEUED}}}"),
    )
    headers = {"Content-Type": "application/json", "Authorization": BASIC}
    message = {"destination": {"number": NUMBER}, "content": {"body": "Hello"}, "colour": "red"}
    body = json.dumps({"message": message}).encode()
    response_to(
        provider,
        Request(
            method="POST",
            url="https://api.acme.example/v1/messages",
            headers=headers,
            body=body,
        ),
    )
    assert len(provider.messages) == 1
    assert [note for note in provider.notes if "colour" in note]
