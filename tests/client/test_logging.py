"""How each operation ended is logged, with structured extras, and never with a private word."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from smsbridge import InvalidMessage, NoAnswer, Retry, Unsupported, backend
from smsbridge.backends.failover import Failover
from smsbridge.http.exchange import Request, Response

from support.asking import (
    BUSY,
    NOTHING,
    OK,
    REFUSED,
    SILENCE,
    Answer,
    Gate,
    Make,
    Wire,
    World,
    end_of,
    page,
    row,
    submission,
)
from support.blocks import document

CANARY_NUMBER = "+12025550199"
CANARY_TEXT = "canary-text"
EXTRAS = (
    "operation",
    "backend",
    "protocol",
    "outcome",
    "seconds",
    "reference",
    "message_id",
    "reason",
    "code",
    "via",
    "tries",
)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Keep every record, of every level."""
    caplog.set_level(logging.DEBUG)
    return caplog


def ends(told: pytest.LogCaptureFixture) -> list[tuple[int, dict[str, Any]]]:
    """Return level and extras of the records that tell how an operation ended."""
    return [
        (record.levelno, {name: vars(record)[name] for name in EXTRAS if name in vars(record)})
        for record in told.records
        if hasattr(record, "operation")
    ]


def sent_by(make: Make, answer: Answer, backend: Any = None) -> None:
    client = make(backend or Gate(), Wire(answer, OK))
    end_of(lambda: client.send(CANARY_NUMBER, CANARY_TEXT, reference="r-1"))


@pytest.mark.parametrize(
    ("answer", "level", "outcome", "more"),
    [
        (OK, logging.INFO, "accepted", {"message_id": "m-1"}),
        (document(state="OK"), logging.INFO, "accepted", {}),
        (NOTHING, logging.WARNING, "not_sent", {}),
        (BUSY, logging.WARNING, "not_sent", {}),
        (REFUSED, logging.WARNING, "rejected", {"reason": "recipient", "code": "12"}),
        (Response(status=403), logging.WARNING, "rejected", {"reason": "authentication"}),
        (SILENCE, logging.ERROR, "unknown", {}),
    ],
)
def test_a_send_is_told_with_its_outcome(
    make: Make,
    told: pytest.LogCaptureFixture,
    answer: Answer,
    level: int,
    outcome: str,
    more: dict[str, str],
) -> None:
    sent_by(make, answer)
    known = {"operation": "send", "backend": "gate", "protocol": "rest", "reference": "r-1"}
    assert ends(told) == [(level, {**known, "outcome": outcome, "seconds": 0.0, **more})]
    assert f"send: {outcome} (gate over rest)" in told.messages


def test_a_send_that_is_refused_before_any_io_is_told_at_debug(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unsupported):
        make(Gate(), Wire()).send(CANARY_NUMBER, CANARY_TEXT, reference="r-1", sender="ACME")
    ((level, extras),) = ends(told)
    assert (level, extras["outcome"], extras["reference"]) == (logging.DEBUG, "refused", "r-1")


def test_the_part_that_took_or_refused_it_is_told(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    @backend
    class Second(Gate):
        name = "second"

    several = Failover(backends={"one": Gate(), "two": Second()})
    sent_by(make, BUSY, several)
    sent_by(make, SILENCE, several)
    assert [(extras["backend"], extras["outcome"], extras["via"]) for _, extras in ends(told)] == [
        ("failover", "accepted", "two"),
        ("failover", "unknown", "one"),
    ]
    assert [one for one in told.messages if one.startswith("send: ")] == [
        "send: accepted (two, second over rest)",
        "send: unknown (one, gate over rest)",
    ]


def test_the_time_that_it_took_is_told_with_its_repeats(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    world = World()
    busy = Response(status=429, headers={"Retry-After": "7"})
    client = make(Gate(retry=Retry(attempts=2)), Wire(busy, OK), world)
    client.send(CANARY_NUMBER, CANARY_TEXT)
    ((_, extras),) = ends(told)
    assert (extras["outcome"], extras["seconds"], extras["tries"]) == ("accepted", 7, 2)


ASKED: list[tuple[str, Any, Response]] = [
    ("status", lambda client: client.status("m-1"), document(**row())),
    ("sent", lambda client: next(iter(client.sent())), page(row())),
    ("received", lambda client: client.received(), page(row())),
    ("delete", lambda client: client.delete("m-1"), OK),
]


@pytest.mark.parametrize(("operation", "call", "answer"), ASKED)
def test_a_question_is_told_at_debug_and_its_failure_as_a_warning(
    make: Make, told: pytest.LogCaptureFixture, operation: str, call: Any, answer: Response
) -> None:
    call(make(Gate(), Wire(answer)))
    with pytest.raises(NoAnswer):
        call(make(Gate(), Wire(Response(status=500))))
    found = [(level, extras["operation"], extras["outcome"]) for level, extras in ends(told)]
    assert found == [
        (logging.DEBUG, operation, "answered"),
        (logging.WARNING, operation, "no_answer"),
    ]


def test_a_resend_and_a_resolve_are_told_as_a_send_is(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    client = make(Gate(), Wire(OK, SILENCE, page(row("m-9")), page()))
    client.resend(submission(reference="r-9"))
    client.resolve(end_of(lambda: client.send("+12025550123", "Hello", reference="r-1")))
    found = [
        (
            level,
            extras["operation"],
            extras["outcome"],
            extras["reference"],
            extras.get("message_id"),
        )
        for level, extras in ends(told)
    ]
    assert found == [
        (logging.INFO, "resend", "accepted", "r-9", "m-1"),
        (logging.ERROR, "send", "unknown", "r-1", None),
        (logging.INFO, "resolve", "accepted", "r-1", "m-9"),
    ]


def test_each_request_that_is_answered_is_told_at_debug_by_its_host(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    make(Gate(), Wire(document(**row()))).status("m-1")
    (record,) = [record for record in told.records if hasattr(record, "host")]
    assert record.getMessage() == "GET to gate.example: HTTP 200"
    assert {name: vars(record)[name] for name in ("method", "host", "status")} == {
        "method": "GET",
        "host": "gate.example",
        "status": 200,
    }
    assert record.levelno == logging.DEBUG


def everything(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {vars(record)!r}"


def echo(request: Request) -> Response:
    """Answer with all that was sent, as a careless provider does."""
    if request.path == "/token":
        return document(access_token="canary-access-token")
    said = request.body.decode() + repr(dict(request.headers)) + request.url
    if request.path == "/send":
        return document(400, code=said)
    return document(rows=[row(text=CANARY_TEXT, to=CANARY_NUMBER, echo=said)], **row(echo=said))


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_no_secret_no_number_and_no_text_is_in_any_record(
    make: Make, told: pytest.LogCaptureFixture, protocol: str
) -> None:
    client = make(Gate(protocol=protocol), Wire(echo))
    calls: list[Any] = [
        lambda: client.send(CANARY_NUMBER, CANARY_TEXT),
        lambda: client.status("m-1"),
        lambda: next(iter(client.sent(recipient=CANARY_NUMBER, keyword=CANARY_TEXT))),
        lambda: client.received(device="canary-device"),
        lambda: client.resend("m-1"),
        lambda: client.delete("m-1"),
        lambda: client.wait_received(sender=CANARY_NUMBER, match=CANARY_TEXT, timeout=0),
    ]
    for call in calls:
        end_of(call)
    assert len(ends(told)) == len(calls)
    shown = "".join(everything(record) for record in told.records)
    for private in ("canary", CANARY_NUMBER, CANARY_NUMBER[1:], "send?", "id=m-1"):
        assert private not in shown


@pytest.mark.parametrize("answer", [OK, REFUSED, SILENCE])
def test_what_was_said_is_told_at_debug_only(
    make: Make, told: pytest.LogCaptureFixture, answer: Answer
) -> None:
    sent_by(make, answer)
    ((level, said),) = [
        (one.levelno, vars(one)["exchange"]) for one in told.records if hasattr(one, "exchange")
    ]
    assert level == logging.DEBUG
    assert said.splitlines()[0] == "> POST https://gate.example/send"
    told.clear()
    told.set_level(logging.INFO, logger="smsbridge")
    sent_by(make, answer)
    assert told.records
    assert not any(hasattr(one, "exchange") for one in told.records)


def test_what_was_said_before_an_interruption_is_told(
    make: Make, told: pytest.LogCaptureFixture
) -> None:
    def interrupt(_: Request) -> Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(Gate(), Wire(interrupt)).send(CANARY_NUMBER, CANARY_TEXT)
    (said,) = [vars(one)["exchange"] for one in told.records if hasattr(one, "exchange")]
    assert said.splitlines()[-1] == "< no answer: interrupted"


@pytest.mark.parametrize("answer", [NOTHING, SILENCE])
def test_what_broke_is_told_without_them_too(
    make: Make, told: pytest.LogCaptureFixture, answer: Answer
) -> None:
    sent_by(make, answer)
    shown = "".join(everything(record) for record in told.records)
    assert "canary" not in shown
    assert CANARY_NUMBER not in shown


def test_a_message_that_is_none_is_not_logged(make: Make, told: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidMessage):
        make(Gate(), Wire()).send("12025550199", CANARY_TEXT)
    assert told.records == []


QUIET = """
import sys
from smsbridge import Client
sys.path.insert(0, sys.argv[1])
from support.asking import SILENCE, Carrier, Gate, Wire, end_of

client = Client(Gate(), transport=Carrier(Wire(SILENCE)))
print(type(end_of(lambda: client.send("+12025550123", "Hello"))).__name__)
"""


def test_nothing_is_printed_where_the_application_configures_no_logging() -> None:
    here = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", QUIET, here],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("OutcomeUnknown\n", "")
