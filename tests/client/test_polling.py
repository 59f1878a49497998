"""Asks repeatedly until there is a result, or the time is up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smsbridge import InvalidMessage, NoAnswer, Rejected, Retry, Status, Unsupported, backend
from smsbridge.http.exchange import Response

from support.asking import (
    NOTHING,
    NUMBER,
    OK,
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
from support.blocks import NOW, document
from support.each import each


def stands(*words: str) -> list[Response]:
    return [document(id="m-1", state=word) for word in words]


def queued(_: object) -> Response:
    return document(id="m-1", state="QUEUED")


# --- where a message stands at last


@each("word", ["DELIVERED", "FAILED"])
def test_a_last_status_is_returned_at_once(make: Make, word: str) -> None:
    world = World()
    found = make(Gate(), Wire(*stands(word)), world).wait(submission())
    assert (found.id, found.provider_status) == ("m-1", word)
    assert world.slept == []


def test_it_asks_again_until_a_status_is_the_last(make: Make) -> None:
    wire, world = Wire(*stands("QUEUED", "odd", "SENT", "DELIVERED")), World()
    assert make(Gate(), wire, world).wait("m-1").status is Status.DELIVERED
    assert world.slept == [1, 1.5, 2.25]


def test_the_pauses_grow_to_30_seconds_and_end_with_the_time(make: Make) -> None:
    world = World()
    end_of(lambda: make(Gate(), Wire(queued), world).wait("m-1", timeout=200))
    grown = [1.5**n for n in range(9)]
    assert world.slept[:-1] == pytest.approx([*grown, 30, 30, 30, 30][: len(world.slept) - 1])
    assert sum(world.slept) == pytest.approx(200)
    assert max(world.slept) == 30


def test_when_the_time_is_up_it_says_what_was_known_last(make: Make) -> None:
    wire, world = Wire(queued), World()
    error = end_of(lambda: make(Gate(), wire, world).wait("m-1", timeout=3))
    assert type(error) is NoAnswer
    assert (error.why, error.backend) == ("m-1 is still queued after 3 s", "gate")
    assert (error.retry, error.retry_after) == (True, None)
    assert world.slept == [1, 1.5, 0.5]
    assert len(wire.requests) == 4


def test_a_message_that_the_provider_does_not_know_is_waited_for(make: Make) -> None:
    wire = Wire(page(), *stands("DELIVERED"))
    assert make(Gate(), wire).wait("m-1").status is Status.DELIVERED
    error = end_of(lambda: make(Gate(), Wire(page())).wait("m-2", timeout=0))
    assert error.why == "m-2 is still unknown after 0 s"


@each("timeout", [0, 0.0])
def test_with_no_time_it_asks_once(make: Make, timeout: float) -> None:
    wire, world = Wire(*stands("QUEUED")), World()
    assert type(end_of(lambda: make(Gate(), wire, world).wait("m-1", timeout=timeout))) is NoAnswer
    assert (len(wire.requests), world.slept) == (1, [])


@each("timeout", [-1, 86_401, float("inf"), float("nan"), "60", None, True, timedelta(seconds=1)])
def test_a_time_that_is_none_is_refused_before_any_io(make: Make, timeout: Any) -> None:
    wire = Wire()
    for call in ("wait", "wait_received"):
        given = ("m-1",) if call == "wait" else ()
        with pytest.raises(InvalidMessage, match="timeout: give seconds, from 0 to 86400"):
            getattr(make(Gate(), wire), call)(*given, timeout=timeout)
    assert wire.requests == []


@each("trouble", [NOTHING, SILENCE, Response(status=500)])
def test_a_question_without_an_answer_is_asked_again(make: Make, trouble: Answer) -> None:
    world = World()
    wire = Wire(trouble, *stands("QUEUED"), trouble, *stands("DELIVERED"))
    assert make(Gate(), wire, world).wait("m-1").status is Status.DELIVERED
    assert world.slept == [1, 1.5, 2.25]


def test_it_waits_as_long_as_the_provider_asks(make: Make) -> None:
    world = World()
    busy = Response(status=429, headers={"Retry-After": "20"})
    make(Gate(), Wire(busy, *stands("QUEUED", "DELIVERED")), world).wait("m-1")
    assert world.slept == [20, 1.5]


def test_but_no_longer_than_it_has_time(make: Make) -> None:
    world = World()
    busy = Response(status=429, headers={"Retry-After": "3000"})
    error = end_of(lambda: make(Gate(), Wire(busy, busy), world).wait("m-1", timeout=10))
    assert world.slept == [10]
    assert (type(error), error.why, error.retry) == (NoAnswer, "HTTP 429 Too Many Requests", True)


def test_trouble_that_is_over_is_not_what_is_told_at_the_end(make: Make) -> None:
    wire = Wire(Response(status=500), *stands("QUEUED", "QUEUED"))
    error = end_of(lambda: make(Gate(), wire).wait("m-1", timeout=2))
    assert error.why == "m-1 is still queued after 2 s"


@each(("trouble", "kind"), [(Response(status=308), NoAnswer), (Response(status=401), Rejected)])
def test_trouble_that_stays_is_raised_at_once(
    make: Make, trouble: Response, kind: type[Exception]
) -> None:
    wire, world = Wire(*stands("QUEUED"), trouble), World()
    with pytest.raises(kind):
        make(Gate(), wire, world).wait("m-1")
    assert len(wire.requests) == 2
    assert world.slept == [1]


def test_a_backend_that_can_not_be_asked_is_unsupported(make: Make) -> None:
    with pytest.raises(Unsupported, match="gate over mute can't answer status"):
        make(Gate(protocol="mute"), Wire()).wait("m-1")


@backend
class Terse(Gate):
    """A gate that never says that a message was delivered."""

    statuses = {"QUEUED": Status.QUEUED, "SENT": Status.SENT}


@backend
class Overruled(Gate):
    """A gate whose status has words of its own, which know no delivery."""

    protocols = {
        "rest": replace(
            Gate.protocols["rest"],
            status=replace(
                Gate.protocols["rest"].status,  # type: ignore[type-var]  # it is there
                statuses={"SENT": Status.SENT},
            ),
        )
    }


@each("backend", [Terse(), Overruled()])
def test_sent_is_the_last_for_who_can_not_tell_delivered(make: Make, backend: Gate) -> None:
    assert make(backend, Wire(*stands("SENT"))).wait("m-1").status is Status.SENT


def test_sent_is_not_the_last_for_who_can(make: Make) -> None:
    error = end_of(lambda: make(Gate(), Wire(*stands("SENT"))).wait("m-1", timeout=0))
    assert error.why == "m-1 is still sent after 0 s"


def test_whose_log_it_is_says_what_is_the_last(make: Make) -> None:
    client = make(Gate(protocol="mute", log=Terse()), Wire(*stands("SENT")))
    assert client.wait("m-1").status is Status.SENT


def test_a_wait_asks_again_by_itself_and_not_by_the_retry_of_the_config(make: Make) -> None:
    world = World()
    busy = Response(status=503, headers={"Retry-After": "3600"})
    wire = Wire(busy, *stands("DELIVERED"))
    make(Gate(retry=Retry(attempts=4)), wire, world).wait("m-1", timeout=2)
    assert world.slept == [2]


# --- what comes in


def came(known: str = "m-1", sender: str = NUMBER, text: str = "Code 123", **more: Any) -> Any:
    return {"id": known, "from": sender, "text": text, "at": NOW.isoformat(), **more}


def test_the_first_message_that_comes_is_returned(make: Make) -> None:
    world = World()
    later = (NOW + timedelta(seconds=3)).isoformat()
    wire = Wire(page(), page(), page(came("m-1", at=later), came("m-2", at=later)))
    assert make(Gate(), wire, world).wait_received().id == "m-1"
    assert world.slept == [1, 1.5]


@each("sender", [NUMBER, "12025550123", "0012025550123", "+1 202 555 0123", "001-202-555-0123"])
def test_a_sender_is_the_same_in_any_form_with_its_digits(make: Make, sender: str) -> None:
    wire = Wire(page(came("m-0", "+447700900123"), came("m-1", sender)))
    assert make(Gate(), wire).wait_received(sender=NUMBER).id == "m-1"


@each("other", ["MPESA", "mpesa", "", "+12025550124", "2025550123"])
def test_another_sender_is_another(make: Make, other: str) -> None:
    wire = Wire(page(came(sender=other)))
    assert (
        type(end_of(lambda: make(Gate(), wire).wait_received(sender=NUMBER, timeout=0))) is NoAnswer
    )


def test_a_sender_may_be_a_word(make: Make) -> None:
    wire = Wire(page(came("m-0"), came("m-1", "mpesa"), came("m-2", "MPESA")))
    assert make(Gate(), wire).wait_received(sender="MPESA").id == "m-2"


@each("other", ["X", "", "7", "ACME 7"])
def test_a_word_is_no_number(make: Make, other: str) -> None:
    wire = Wire(page(came(sender=other)))
    error = end_of(lambda: make(Gate(), wire).wait_received(sender="MPESA", timeout=0))
    assert (type(error), error.why) == (NoAnswer, "no such message came after 0 s")


@each("sender", ["", " ", 7, b"MPESA", "a\0b"])
def test_a_sender_that_is_no_text_is_refused_before_any_io(make: Make, sender: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="sender: give text, without NUL"):
        make(Gate(), wire).wait_received(sender=sender)
    assert wire.requests == []


@each("match", [r"\d{3}", r"(?i)CODE", "^Code 123$"])
def test_a_text_holds_the_pattern(make: Make, match: str) -> None:
    wire = Wire(page(came("m-0", text="Hello"), came("m-1"), {**came("m-2"), "text": None}))
    assert make(Gate(), wire).wait_received(match=match).id == "m-1"


def test_a_message_without_a_text_holds_no_pattern_but_the_empty_one(make: Make) -> None:
    row_without = {**came("m-1"), "text": None}
    error = end_of(
        lambda: make(Gate(), Wire(page(row_without))).wait_received(match=".", timeout=0)
    )
    assert type(error) is NoAnswer
    assert make(Gate(), Wire(page(row_without))).wait_received().id == "m-1"


def test_sender_and_pattern_hold_together(make: Make) -> None:
    wire = Wire(page(came("m-0", "ACME"), came("m-1", text="Hello"), came("m-2")))
    assert make(Gate(), wire).wait_received(sender=NUMBER, match="Code").id == "m-2"


@each("match", ["(", 7, "*"])
def test_a_pattern_that_is_none_is_refused_before_any_io(make: Make, match: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="match: give a regular expression"):
        make(Gate(), wire).wait_received(match=match)
    assert wire.requests == []


def test_what_came_before_the_wait_is_not_what_comes(make: Make) -> None:
    before = (NOW - timedelta(seconds=1)).isoformat()
    wire = Wire(page(came("m-0", at=before)), page(came("m-1"), came("m-0", at=before)))
    assert make(Gate(), wire).wait_received().id == "m-1"


@each("time", ["2611281857", "28.11.2026 18:57", "soon"])
def test_a_message_whose_time_can_not_be_read_is_never_new(make: Make, time: str) -> None:
    wire = Wire(page(came("m-0", at=time)), page(came("m-0", at=time), came("m-1")))
    assert make(Gate(), wire).wait_received().id == "m-1"


def test_after_may_reach_into_the_past(make: Make) -> None:
    before = (NOW - timedelta(hours=1)).isoformat()
    long_before = (NOW - timedelta(hours=3)).isoformat()
    wire = Wire(page(came("m-9", at=long_before), came("m-0", at=before)))
    found = make(Gate(), wire).wait_received(after=NOW - timedelta(hours=2))
    assert found.id == "m-0"


@each("after", [NOW.replace(tzinfo=None), "yesterday"])
def test_a_time_without_a_zone_is_refused_before_any_io(make: Make, after: Any) -> None:
    wire = Wire()
    with pytest.raises(InvalidMessage, match="after has no time zone"):
        make(Gate(), wire).wait_received(after=after)
    assert wire.requests == []


def test_a_submission_of_another_backend_is_not_waited_for(make: Make) -> None:
    with pytest.raises(InvalidMessage, match="acme took this message"):
        make(Gate(), Wire()).wait(submission(backend="acme"))


def test_a_send_and_its_wait_go_together(make: Make) -> None:
    client = make(Gate(), Wire(OK, document(**row(state="DELIVERED"))))
    assert client.wait(client.send(NUMBER, "Hello")).status is Status.DELIVERED
