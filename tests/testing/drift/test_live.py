"""What is safe is asked as the backend's client asks it; each request is sent once."""

from __future__ import annotations

from dataclasses import replace

from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.testing.drift.live import LiveService
from smsbridge.testing.drift.live_answer import Agreement, LiveInteraction
from smsbridge.testing.fixture.load import Fixture, load, parse
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.each import each

HEAD = """\
smsbridge-fixture: 1
id: smsmobileapi/log
title: The log
provenance: {source: DOC, evidence: a test, date: "2026-11-22"}
do: {operation: status, id: g-1}
expect: {outcome: answered}
interactions:
"""


def asked(fixture: Fixture, live: Fixture, protocol: str = "rest") -> tuple[list[str], list[str]]:
    """Return what became of each interaction, and the paths that were asked."""
    backend = replace(sample_backend(), protocol=protocol)
    provider = Provider(backend, live)
    service = LiveService(backend, lambda request: InProcess(provider).send(request, 1e12))
    found = [f"{one.verdict} {one.why}".strip() for one in service.ask_again(fixture)]
    return found, [request.path for request in provider.requests]


def test_a_fixture_by_meaning_is_asked_by_its_do() -> None:
    text = HEAD + "  - {id: a, live: safe, call: {operation: status}, reply: {result: {sms: []}}}\n"
    found, paths = asked(parse(text, "x"), parse(text, "x"), "oauth")
    assert (found, paths) == (["agrees"], ["/oauth2/token", "/log/sent/sms/"])


@each(
    ("line", "why"),
    [
        ("call: {operation: sent}, reply: {}", "not asked it names no request: give do: "),
        (
            "call: {operation: status, credentials: wrong}, reply: {}",
            "not asked it asks with wrong credentials",
        ),
        (
            "request: {method: GET, path: /x}, response: {fault: reset-after-request}",
            "not asked its answer is a fault of the wire",
        ),
    ],
)
def test_what_no_service_can_be_asked_says_why(line: str, why: str) -> None:
    fixture = parse(HEAD + f"  - {{id: a, live: safe, {line}}}\n", "x")
    (found,), paths = asked(fixture, load("smsmobileapi/default"))
    assert found.startswith(why)
    assert paths == []


def test_a_fixture_of_another_protocol_is_not_asked() -> None:
    found, paths = asked(load("smsmobileapi/sent/page-rest"), load("smsmobileapi/default"), "oauth")
    assert (found, paths) == (["not asked it is for rest, and the config is for oauth"], [])


def test_the_same_request_is_sent_once() -> None:
    line = "live: safe, request: {method: GET, path: /log/sent/sms/}, response: {json: {}}}\n"
    fixture = parse(f"{HEAD}  - {{id: a, times: 1, {line}  - {{id: b, {line}", "x")
    found, paths = asked(fixture, fixture)
    assert (found, paths) == (["agrees", "agrees"], ["/log/sent/sms/"])


def test_a_connection_that_breaks_is_no_drift() -> None:
    def refuse(_: Request) -> Response:
        raise Broken(Left.NOTHING, "nobody listens there")

    fixture = load("smsmobileapi/sent/page-rest")
    (one,) = LiveService(sample_backend(), refuse).ask_again(fixture)
    assert one == LiveInteraction(
        fixture=fixture.id,
        interaction="first",
        verdict=Agreement.NOT_ASKED,
        why="nobody listens there",
    )
