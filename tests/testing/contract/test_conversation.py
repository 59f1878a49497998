"""A conversation keeps what was asked, what left, and how each of it ended."""

from __future__ import annotations

from smsbridge import Backend, Message, NoAnswer, OutcomeUnknown, Rejected, Submission, backend
from smsbridge.http.exchange import Exchange, Left, Request, Response, Session
from smsbridge.serving.call import ReceivedCall
from smsbridge.testing.contract.conversation import converse, describe, summary
from smsbridge.testing.fixture.do import Do

from support.contracts import FIXTURES, Honest, subject
from support.each import each


@each("is_async", [False, True])
def test_each_thing_that_is_asked_has_its_requests_and_its_end(*, is_async: bool) -> None:
    judged = subject()
    talk = converse(judged, judged.message, judged.do("status"), is_async=is_async)
    assert [len(step) for step in talk.steps] == [1, 1]
    assert isinstance(talk.ends[0], Submission)
    assert [describe(end) for end in talk.ends] == ["accepted", "1 rows"]
    assert [request.method for request in talk.requests] == ["POST", "GET"]
    assert talk.seconds == [0.0, 0.0]


@each("is_async", [False, True])
def test_time_passes_only_where_the_provider_is_silent(*, is_async: bool) -> None:
    judged = subject().within(40.0)
    talk = converse(judged, judged.message, fault="silence", is_async=is_async)
    assert isinstance(talk.end, OutcomeUnknown)
    assert (round(talk.seconds[0], 6), talk.left) == (40.0, [Left.ALL])
    assert [round(one, 6) for one in talk.deadlines] == [40.0]


def test_a_fixture_is_played_and_its_misses_are_kept() -> None:
    judged = subject()
    other = Message(recipient="+12025550123", text="Another")
    talk = converse(judged, other, fixture=FIXTURES["send"])
    assert len(talk.provider.misses) == 1
    assert describe(talk.end) == "OutcomeUnknown"


def test_an_answer_may_be_given_by_hand_or_left_to_the_provider() -> None:
    def answer(_: Request, call: ReceivedCall) -> Response | None:
        return Response(status=400) if call.operation == "send" else None

    judged = subject()
    talk = converse(judged, judged.message, judged.do("status"), answer=answer)
    assert isinstance(talk.ends[0], Rejected)
    assert isinstance(talk.ends[1], list)


@backend
class Breaks(Honest):
    """Raises what is no outcome."""

    def send(self, _message: Message, _session: Session) -> Exchange[Submission]:
        raise KeyError("canary")


@each("is_async", [False, True])
def test_whatever_a_backend_raises_is_an_end(*, is_async: bool) -> None:
    kind: type[Backend] = Breaks
    judged = subject(kind)
    talk = converse(judged, judged.message, is_async=is_async)
    assert describe(talk.end) == "KeyError, which is not an outcome"


def test_the_summary_of_an_end_tells_two_apart() -> None:
    judged = subject()
    accepted = converse(judged, judged.message).end
    assert summary(accepted) == summary(converse(judged, judged.message).end)
    failed = [converse(judged, judged.message, fault=one).end for one in ("refusals:400", "html")]
    assert len({summary(failed[0])[:2], summary(failed[1])[:2]}) == 2
    rows = converse(judged, judged.do("status")).end
    assert summary(rows)[0] == "rows"


def test_a_question_is_asked_as_a_do_says() -> None:
    judged = subject()
    talk = converse(judged, Do(operation="received", arguments={}))
    why = "honest over rest can't answer received; none of its protocols can"
    assert describe(talk.end) == f"Unsupported ({why})"
    assert describe(NoAnswer("x", "y")) == "NoAnswer"
    assert describe(None) == "done"
