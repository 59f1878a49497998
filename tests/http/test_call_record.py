"""What was said in an exchange: masked when it is kept, capped, and picklable."""

from __future__ import annotations

import copy
import gc
import logging
import pickle
from typing import Any

import pytest

from smsbridge import CallRecord, NoAnswer, NotSent, OutcomeUnknown, SendError
from smsbridge.backends.failover import Failover
from smsbridge.http.exchange import Broken, Left, Request, Response

from support.asking import (
    BUSY,
    NOTHING,
    NUMBER,
    OK,
    SILENCE,
    TEXT,
    Answer,
    Gate,
    Make,
    Wire,
    attempt,
    end_of,
    page,
    row,
)
from support.blocks import document


def end(make: Make, *answers: Answer, backend: Any = None) -> Any:
    client = make(backend or Gate(), Wire(*answers))
    return end_of(lambda: client.send(NUMBER, TEXT, reference="r-1"))


@pytest.fixture
def asked(caplog: pytest.LogCaptureFixture) -> None:
    """Listen as ``-v`` does."""
    caplog.set_level(logging.DEBUG, logger="smsbridge")


@pytest.mark.usefixtures("asked")
def test_a_submission_says_what_was_said_to_whom_asks(make: Make) -> None:
    (record,) = end(make, document(state="OK", id="m-1", note="on its way")).exchange
    assert str(record).splitlines() == [
        "> POST https://gate.example/send",
        "> Content-Type: application/json",
        "> Accept: application/json",
        ">",
        '> {"to": "•••", "text": "•••", "ref": "r-1", "token": "•••"}',
        "< HTTP 200",
        "< Content-Type: application/json",
        "<",
        '< {"state": "OK", "id": "m-1", "note": "on its way"}',
    ]


def test_an_accepted_send_that_nobody_asks_about_keeps_nothing(make: Make) -> None:
    assert end(make, OK).exchange == ()


@pytest.mark.parametrize("answer", [BUSY, document(code="20"), document(x=TEXT), SILENCE])
def test_behind_what_an_error_keeps_there_is_nothing_in_plain(make: Make, answer: Answer) -> None:
    reached: list[object] = [end(make, answer).exchange]
    for one in reached:
        reached += [behind for behind in gc.get_referents(one) if not isinstance(behind, type)]
    told = [str(one) for one in reached if isinstance(one, str | bytes)]
    assert "https://gate.example/send" in told
    assert [word for word in told if NUMBER[1:] in word or TEXT in word] == []


def test_an_error_says_the_token_call_too(make: Make) -> None:
    token = document(access_token="a-token", token_type="Bearer", expires_in=3600)
    ended = end(make, token, Response(status=500), backend=Gate(protocol="oauth"))
    assert [(one.address.rpartition("/")[2], one.status) for one in ended.exchange] == [
        ("token", 200),
        ("send", 500),
    ]
    assert ended.exchange[0].answer_body == (
        '{"access_token": "••• (a text of length 7)", "token_type": "Bearer", "expires_in": 3600}'
    )
    assert ended.exchange[1].headers["Authorization"] == "Bearer •••"


@pytest.mark.parametrize("left", Left)
def test_where_nothing_came_back_it_says_how_much_had_left_and_why(make: Make, left: Left) -> None:
    (record,) = end(make, Broken(left, "the connection was reset")).exchange
    assert str(record).splitlines()[-1] == (
        f"< no answer, {left} of the request had left: the connection was reset"
    )


def test_it_is_that_of_the_last_try_and_of_the_part_that_ended_it(make: Make) -> None:
    ended = end(make, BUSY, SILENCE, backend=Failover(backends={"one": Gate(), "two": Gate()}))
    assert [(one.status, one.why) for one in ended.exchange] == [(None, "silence")]


def test_a_body_is_capped_on_both_sides(make: Make) -> None:
    answer = document(state="?", note="word " * 100_000)
    client = make(Gate(), Wire(answer))
    ended = end_of(lambda: client.send(NUMBER, "x" * 9_000, reference="r" * 9_000))
    (record,) = ended.exchange
    assert 0 < len(record.body) < 4_200
    assert 0 < len(record.answer_body) < 4_200
    assert record.answer_body.endswith(f"… ({len(answer.body)} bytes in all)")


@pytest.mark.parametrize("answer", [OK, NOTHING, BUSY, document(code="20"), SILENCE])
def test_a_pickle_and_a_copy_have_it_with_the_attempt(make: Make, answer: Answer) -> None:
    ended = end(make, answer)
    for other in (pickle.loads(pickle.dumps(ended)), copy.deepcopy(ended)):
        assert tuple(other.exchange) == tuple(ended.exchange)
        assert all(type(one) is CallRecord for one in other.exchange)
        assert other.attempt == ended.attempt


def test_a_question_that_got_no_answer_says_it_too(make: Make) -> None:
    client = make(Gate(), Wire(Response(status=500), document(rows="none")))
    status = end_of(lambda: client.status("m-1"))
    (record,) = status.exchange
    assert (type(status), record.address, record.status) == (
        NoAnswer,
        "https://gate.example/status?id=•••&token=•••",
        500,
    )
    unreadable = end_of(client.received)
    assert [one.status for one in unreadable.exchange] == [200]


def test_wait_and_resolve_say_what_was_said_last(make: Make) -> None:
    client = make(Gate(), Wire(document(id="m-1", state="QUEUED"), SILENCE, page()))
    late = end_of(lambda: client.wait("m-1", timeout=0))
    assert [one.status for one in late.exchange] == [200]
    silent = end_of(lambda: client.wait("m-1", timeout=0))
    assert [one.why for one in silent.exchange] == ["silence"]
    unknown = end_of(lambda: client.resolve(attempt()))
    assert isinstance(unknown, OutcomeUnknown)
    assert unknown.exchange[-1].answer_body == '{"rows": []}'


def test_what_the_log_proves_has_its_answer(make: Make) -> None:
    client = make(Gate(), Wire(page(row(ref="r-1")), page()))
    submission = client.resolve(attempt())
    assert submission.exchange[-1].status == 200


def test_an_error_of_no_exchange_has_none() -> None:
    assert list(NotSent("why", attempt()).exchange) == []
    assert list(NoAnswer("why", "gate").exchange) == []


def test_a_codec_that_breaks_shows_nothing_and_loses_no_outcome(make: Make) -> None:
    ended = end(make, Response(status=200, body=b"\xff\xfe" * 10, headers={"Content-Type": "\0"}))
    assert isinstance(ended, SendError)
    assert ended.exchange[0].answer_body == "(20 bytes that are not text)"


def test_what_is_kept_of_an_answer_is_little(make: Make) -> None:
    """Else an error that is kept would hold a megabyte."""
    kept: list[Request] = []

    def answer(request: Request) -> Response:
        kept.append(request)
        return Response(status=200, body=b"x" * 900_000)

    ended = end_of(lambda: make(Gate(), Wire(answer)).send(NUMBER, TEXT))
    assert len(pickle.dumps(ended)) < 10_000
