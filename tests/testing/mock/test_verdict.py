"""The verdict: what clients did wrong, what it counts as wrong, and how it is told."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge import Client, SendError
from smsbridge.codecs.rest import FORM, JSON
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.default import API_KEY, sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.verdict import Acceptance, Quirks, find_doubles

from support.each import each

NUMBER, TEXT = "+12025550123", "Your code is 4711"
LOST, REFUSED, LATE = "+447700900002", "+447700900429", "+447700900500"
FIELDS = {"recipients": NUMBER, "message": TEXT, "apikey": API_KEY}
PINNED = "smsmobileapi/send/accepted-rest"


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend())


def ask(provider: Provider, method: str, url: str, **fields: str) -> Response:
    """Ask as a client of another language does."""
    headers, body = ({"Content-Type": FORM}, urlencode(fields).encode()) if fields else ({}, b"")
    url = f"http://127.0.0.1{url}"
    answer = provider.handle(Request(method=method, url=url, headers=headers, body=body))
    assert isinstance(answer, Response)
    return answer


def verify(provider: Provider) -> tuple[int, dict[str, Any]]:
    answer = ask(provider, "GET", "/_mock/verify")
    return answer.status, json.loads(answer.body)


def send(provider: Provider, *numbers: str) -> None:
    """Send the same text to numbers, whatever comes of it."""
    with Client(provider.backend, transport=InProcess(provider)) as client:
        for number in numbers:
            try:
                client.send(number, TEXT)
            except SendError:
                continue


def wrong(said: dict[str, Any]) -> set[str]:
    """Return the kinds of which a verdict found any."""
    return {kind for kind in KINDS if said[kind]}


KINDS = ("unmatched", "unplayed", "doubles", "refused", "leniencies", "repeats", "failures")


def test_a_client_that_does_nothing_wrong_passes(provider: Provider) -> None:
    send(provider, NUMBER, REFUSED, LOST)
    status, said = verify(provider)
    assert (status, said["verdict"], wrong(said)) == (200, "passed", set())
    assert said["says"] == [
        "verdict on smsmobileapi/default: passed (3 requests, 2 messages accepted)"
    ]


def test_without_a_chosen_scenario_nothing_is_unplayed(provider: Provider) -> None:
    assert verify(provider)[0] == 200


def test_an_interaction_that_was_never_played_is_named(provider: Provider) -> None:
    provider.play("smsmobileapi/send/token-expires")
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"unplayed"})
    assert said["unplayed"] == ["token", "refused", "accepted"]
    assert "  unplayed: refused was never played" in said["says"]


def test_a_request_that_matched_nothing_comes_with_its_nearest_misses(provider: Provider) -> None:
    provider.play(PINNED)
    ask(provider, "POST", "/sendsms/", **FIELDS)
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"unmatched", "unplayed"})
    (unmatched,) = said["unmatched"]
    assert unmatched["request"] == "POST /sendsms/"
    assert unmatched["nearest"] == [
        {"interaction": "send", "differs": "form.message is not 'Hello'"}
    ]


def test_a_request_that_no_table_knows_comes_with_the_routes_that_are_like_it(
    provider: Provider,
) -> None:
    assert ask(provider, "POST", "/sendsms/send", **FIELDS).status == 404
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"unmatched"})
    near = said["unmatched"][0]["nearest"][0]
    assert near == {"interaction": "send over rest", "differs": "its route is POST /sendsms/"}


def test_a_request_that_can_t_be_read_is_refused_and_named(provider: Provider) -> None:
    headers = {"Content-Type": "application/json"}
    bad = Request(method="POST", url="http://127.0.0.1/sendsms/", headers=headers, body=b"{")
    provider.handle(bad)
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"refused"})
    assert said["refused"][0]["request"] == "POST /sendsms/"
    assert "JSON" in said["refused"][0]["why"]


def test_what_a_verdict_shows_has_no_credential_no_number_and_no_text(provider: Provider) -> None:
    provider.play(PINNED)
    ask(provider, "POST", f"/{API_KEY}/sendsms/?apikey={API_KEY}&to={LOST}", **FIELDS)
    send(provider, LOST, LOST)
    provider.play(None)
    send(provider, LOST, LOST)
    told = json.dumps([one.as_json() for one in provider.verdicts()])
    assert [word for word in (API_KEY, LOST, TEXT) if word in told] == []


# --- doubles


def test_a_message_that_is_repeated_after_a_lost_answer_is_a_double(provider: Provider) -> None:
    send(provider, LOST, LOST)
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"doubles"})
    first, second = (taken.id for taken in provider.messages)
    assert said["doubles"] == [
        {
            "recipient": "+44•••02",
            "id": second,
            "first": first,
            "why": "it was sent again after an answer that did not prove a refusal",
        }
    ]


@each(
    ("numbers", "fault", "kinds"),
    [
        ([NUMBER, NUMBER], None, {"repeats"}),  # the application wanted it
        ([LATE, LATE], None, {"doubles"}),  # HTTP 500 proves nothing
        ([REFUSED, REFUSED], None, set()),  # 429 does
        ([NUMBER, NUMBER], "html", {"doubles"}),
        ([NUMBER, NUMBER], "odd-success:202", {"repeats"}),
        ([NUMBER, NUMBER], "stale-connection", {"repeats"}),
        ([NUMBER, NUMBER], "silence", {"doubles"}),
        ([NUMBER, NUMBER], "refusals:413", set()),
        ([NUMBER, NUMBER], "reset-mid-request", set()),
        (["+12025550101", "+12025550102"], "silence", set()),
    ],
)
def test_a_repeat_is_a_double_unless_the_first_answer_was_clean_or_a_refusal(
    numbers: list[str], fault: str | None, kinds: set[str]
) -> None:
    provider = Provider(sample_backend())
    provider.fault = fault
    send(provider, *numbers)
    assert wrong(verify(provider)[1]) == kinds


def test_a_repeat_after_an_answer_of_a_fixture_that_proves_nothing_is_a_double() -> None:
    busy = parse(
        """\
smsbridge-fixture: 1
id: smsmobileapi/busy
title: The first answer is lost in a page
provenance: {source: ASSUMED, evidence: made up, date: "2026-11-22"}
interactions:
  - {id: lost, to: late, call: {operation: send}, response: {status: 502, text: busy}}
  - {id: taken, from: late, call: {operation: send}, reply: {result: {error: 0, sent: 1, id: "7"}}}
""",
        "busy",
    )
    provider = Provider(sample_backend(), busy)
    send(provider, NUMBER, NUMBER)
    assert wrong(verify(provider)[1]) == {"doubles"}


def test_the_same_reference_is_a_double_even_after_a_clean_answer() -> None:
    first = Acceptance(recipient=NUMBER, text="a", reference="order-1", clean=True, id="1")
    again = Acceptance(recipient=NUMBER, text="b", reference="order-1", clean=True, id="2")
    other = Acceptance(recipient=NUMBER, text="c", reference="order-2", clean=True, id="3")
    doubles, repeats = find_doubles([first, again, other])
    assert ([(one.first, one.id) for one in doubles], repeats) == ([("1", "2")], [])


# --- leniencies


def test_a_leniency_is_told_and_passes(provider: Provider) -> None:
    ask(provider, "POST", "/sendsms", **FIELDS)
    status, said = verify(provider)
    assert (status, said["leniencies"]) == (200, {"a path with or without its trailing slash": 1})
    assert "  leniency: a path with or without its trailing slash, 1 time" in said["says"]


BODY = urlencode(FIELDS)
PACKED = {"Content-Encoding": "gzip"}


@each(
    ("asked", "body", "headers", "leniency"),
    [
        ("POST /sendsms", BODY, {}, "a path with or without its trailing slash"),
        ("POST /sendsms/", f"{BODY}&colour=red", {}, "unknown field colour"),
        (f"GET /getsms/?{BODY}&colour=red", "", {}, "unknown field colour"),
        (f"GET /sendsms/?{BODY}", "", {}, "GET instead of POST"),
        ("POST /sendsms/", json.dumps(FIELDS), {"Content-Type": JSON}, "JSON instead of a form"),
        ("POST /sendsms/", BODY, {"Content-Type": ""}, "a form without its Content-Type"),
        ("POST /sendsms/", f"{BODY}&message=Bye", {}, "a field with two values"),
        ("POST /sendsms/", f"{BODY}%E9", {}, "a form that is not UTF-8"),
        ("POST /sendsms/", gzip.compress(BODY.encode()), PACKED, "a body that is packed"),
    ],
)
def test_if_quirks_fail_what_needs_a_leniency_is_refused_and_not_taken(
    asked: str, body: str | bytes, headers: dict[str, str], leniency: str
) -> None:
    provider = Provider(sample_backend())
    provider.quirks = Quirks.FAIL
    method, _, path = asked.partition(" ")
    sent = body if isinstance(body, bytes) else body.encode()
    url = f"http://127.0.0.1{path}"
    headers = {"Content-Type": FORM, **headers}
    answer = provider.handle(Request(method=method, url=url, headers=headers, body=sent))
    assert isinstance(answer, Response)
    assert answer.status == 400
    assert leniency in json.loads(answer.body)["message"]
    assert provider.messages == []
    status, said = verify(provider)
    assert (status, wrong(said)) == (409, {"refused", "leniencies"})
    assert leniency in said["refused"][0]["why"]


ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<n:sendSms xmlns:n="urn:other">{}</n:sendSms></s:Body></s:Envelope>'
)


def test_if_quirks_fail_soap_is_refused_by_a_fault_of_the_client(provider: Provider) -> None:
    provider.quirks = Quirks.FAIL
    body = ENVELOPE.format("".join(f"<{name}>{word}</{name}>" for name, word in FIELDS.items()))
    url = "http://127.0.0.1/sendsms/wsdl/server.php"
    headers = {"Content-Type": "text/xml"}
    answer = provider.handle(Request(method="POST", url=url, headers=headers, body=body.encode()))
    assert isinstance(answer, Response)
    assert answer.status == 500
    assert b"SOAP-ENV:Client" in answer.body
    assert b"another namespace" in answer.body
    assert wrong(verify(provider)[1]) == {"refused", "leniencies"}


def test_if_quirks_fail_our_own_client_passes_over_each_protocol(
    protocol: str,
) -> None:
    provider = Provider(replace(sample_backend(), protocol=protocol))
    provider.quirks = Quirks.FAIL
    with Client(provider.backend, transport=InProcess(provider)) as client:
        client.send(NUMBER, TEXT)
    assert verify(provider)[0] == 200


# --- rounds


def test_a_reset_ends_what_verify_judges_and_nothing_that_was_wrong_is_lost(
    provider: Provider,
) -> None:
    send(provider, NUMBER)
    ask(provider, "POST", "/_mock/reset")
    send(provider, LOST, LOST)
    ask(provider, "POST", "/_mock/reset")
    assert verify(provider)[0] == 200
    send(provider, NUMBER)
    bad, good = provider.verdicts()
    assert ([len(bad.doubles), bad.passed], good.passed) == ([1, False], True)
    assert (good.requests, good.messages) == (2, 2)


def test_a_reset_before_the_first_request_and_after_the_last_leaves_nothing_unplayed(
    provider: Provider,
) -> None:
    provider.play(PINNED)
    ask(provider, "POST", "/_mock/reset")
    ask(provider, "POST", "/sendsms/", **{**FIELDS, "message": "Hello"})
    ask(provider, "POST", "/_mock/reset")
    assert [one.passed for one in provider.verdicts()] == [True]


def test_a_scenario_that_nobody_played_fails_whatever_was_reset(provider: Provider) -> None:
    provider.play(PINNED)
    ask(provider, "POST", "/_mock/reset")
    assert [one.unplayed for one in provider.verdicts()] == [("send",)]


def test_a_failure_of_the_mock_itself_is_no_pass(provider: Provider) -> None:
    provider.broke("KeyError", Request(method="GET", url="http://127.0.0.1/"))
    assert wrong(verify(provider)[1]) == {"failures"}
