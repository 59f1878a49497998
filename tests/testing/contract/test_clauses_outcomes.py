"""Each fault ends as it must, a 200 proves nothing, no redirect is followed, nothing goes twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from smsbridge import (
    Message,
    NotSent,
    OutcomeUnknown,
    Reason,
    Secret,
    SendError,
    Status,
    Submission,
    backend,
)
from smsbridge.backends.base import Backend
from smsbridge.errors import NoAnswer, Outcome, Rejected
from smsbridge.http.exchange import Exchange, Session
from smsbridge.testing.contract.clauses_outcomes import required_end
from smsbridge.testing.contract.subject import Subject
from smsbridge.testing.faults.table import fault

from support.blocks import SEND_TO_EACH, SOAP_SEND, rest, soap
from support.contracts import (
    FIXTURES,
    SEND,
    Believes,
    Follows,
    Honest,
    SendsTwice,
    findings,
    ruling,
    subject,
)
from support.each import each


def test_what_ends_as_it_must_passes() -> None:
    judged = subject()
    assert [ruling(number, judged).findings for number in (5, 6, 7, 8)] == [(), (), (), ()]


@backend
class Named(Honest):
    """Has a word of its own for some statuses."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            send=replace(
                SEND,
                rejected={**SEND.rejected, "#status": {"404": Reason.ACCOUNT}},
                not_sent={"#status": ["503", "422"]},
            ),
        )
    }


@each(
    ("word", "outcome", "reason"),
    [
        ("refusals:404", Outcome.REJECTED, Reason.ACCOUNT),
        ("refusals:400", Outcome.REJECTED, Reason.REQUEST),
        ("refusals:422", Outcome.NOT_SENT, None),
        ("unavailable:seconds", Outcome.NOT_SENT, None),
        ("server-error:500", Outcome.UNKNOWN, None),
    ],
)
def test_the_tables_of_a_backend_say_first_what_a_status_means(
    word: str, outcome: Outcome, reason: Reason | None
) -> None:
    ends = required_end(subject(Named), fault(word))
    assert ends is not None
    assert (ends.outcome, ends.reason) == (outcome, reason)


@pytest.mark.full
def test_a_backend_with_statuses_of_its_own_passes() -> None:
    assert findings(5, Named) == []


@backend
class Hopes(Honest):
    """Takes silence for not sent, and a refusal for a rejection of another reason."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            return (yield from super().send(message, session))
        except OutcomeUnknown as error:
            if "time" in error.why:
                raise NotSent("nobody answered", error.attempt) from None
            raise
        except Rejected as error:
            if error.reason is Reason.REQUEST:
                kind = type(error)
                raise kind(error.why, error.attempt, reason=Reason.QUOTA) from None
            raise
        except NotSent as error:
            error.retry, error.retry_after = not error.retry, 1.0
            raise


@backend
class HopesOfAnswers(Honest):
    """Takes no answer for an empty one."""

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        try:
            return (yield from super().ask(question, values, session))
        except NoAnswer:
            return []


def test_each_thing_that_ends_otherwise_is_found() -> None:
    assert {
        "fault silence: it ends with NotSent, not unknown",
        "fault refusals:400: the reason is quota, not request",
        "fault refused: retry is False, not True",
        "fault too-many:seconds: retry_after is 1.0, not 7",
    } <= set(findings(5, Hopes))
    assert "status, fault html: it ends with 1 rows, not NoAnswer" in findings(5, HopesOfAnswers)


@pytest.mark.full
def test_a_fixture_that_ends_in_another_outcome_is_found_by_its_clause() -> None:
    other = replace(FIXTURES["refused"], expect={"outcome": "unknown"})
    interaction = replace(other.interactions[0], response={"status": 400, "json": {}})
    by_status = replace(other, interactions=(interaction,))
    said = "honest/send/refused: it ends with Rejected, not unknown"
    for number, fixture in ((7, other), (5, by_status)):
        judged = Subject(Honest(key=Secret("k")), [fixture])
        assert said in ruling(number, judged).findings
        assert said not in ruling(12 - number, judged).findings


def test_a_second_send_after_silence_is_found() -> None:
    assert findings(6, SendsTwice) == ["fault silence: 2 calls that send left for one message"]


def test_a_200_that_is_believed_is_found() -> None:
    wrong = findings(7, Believes)
    assert "fault html: it ends with accepted, not unknown" in wrong
    assert "fault provider-error:known: it ends with accepted" in wrong


def test_a_redirect_that_is_followed_is_found() -> None:
    wrong = findings(8, Follows)
    for word in ("redirect-keep:307", "redirect-see-other:302"):
        assert f"fault {word}: 1 requests went where it pointed" in wrong


def test_what_is_about_sends_does_not_apply_where_nothing_is_sent() -> None:
    @backend
    class Asks(Honest):
        """Asks only."""

        protocols = {"rest": replace(Honest.protocols["rest"], send=None)}

    kind: type[Backend] = Asks
    for number in (6, 7, 8):
        assert ruling(number, subject(kind)).findings == ("rest has no send",)
    assert ruling(5, subject(kind)).judgement.kept


@backend
class BelievesHalf(Honest):
    """Looks for a yes alone, and takes a 202 for a delivery."""

    def outcome(self, *given: Any) -> Submission | SendError:
        _, _, response, _, attempt = given
        end = super().outcome(*given)
        if (
            isinstance(end, OutcomeUnknown)
            and b'"queued"' in response.body
            and b"12" in response.body
        ):
            return Submission(id="7", attempt=attempt)
        if isinstance(end, Submission) and response.status == 202:
            return replace(end, status=Status.DELIVERED)
        return end


def test_an_answer_that_says_yes_and_no_is_no_yes() -> None:
    said = "an answer with its mark of success and error = '12'"
    assert findings(7, BelievesHalf) == [f"{said}: it ends with accepted, not unknown"]


def test_a_202_is_no_delivery() -> None:
    assert findings(5, BelievesHalf) == [
        "fault odd-success:202: the status is delivered, not queued: a 202 proves no more"
    ]


def test_a_word_never_heard_of_is_one_that_the_contract_allows_there() -> None:
    """The code of `gate.wsdl` is a number."""
    send = SOAP_SEND.replace('40 = "authentication"', '"*" = "other"')
    assert ruling(7, Subject(soap(send), [])).findings == ()


SEVERAL = rest(SEND_TO_EACH)


@backend
class TakesAnyRow(Backend):
    """Takes the first row for that of the message."""

    name = "honest"
    url = "https://gate.example"
    protocols = SEVERAL.protocols

    def outcome(self, *given: Any) -> Submission | SendError:
        end = super().outcome(*given)
        if isinstance(end, OutcomeUnknown) and b'"code": "0"' in given[2].body:
            return Submission(id="7", attempt=given[4])
        return end


def test_the_row_of_another_recipient_is_no_yes() -> None:
    assert ruling(7, Subject(SEVERAL, [])).findings == ()
    said = "an answer with the row of another number: it ends with accepted, not unknown"
    assert said in ruling(7, Subject(TakesAnyRow(), [])).findings
