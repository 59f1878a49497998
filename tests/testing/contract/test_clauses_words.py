"""Each word of refusal has its reason, each status word its status; an unknown word survives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smsbridge import Reason, Secret, Status, Submission, backend
from smsbridge.errors import Rejected, SendError
from smsbridge.testing.contract.ruling import Judgement
from smsbridge.testing.contract.subject import Subject

from support.blocks import SOAP_SEND, soap
from support.contracts import (
    FIXTURES,
    SEND,
    Believes,
    Honest,
    MistakesReasons,
    findings,
    ruling,
    subject,
)
from support.each import each


def test_words_that_mean_what_the_table_says_pass() -> None:
    assert findings(10) == findings(11) == []


def test_a_table_that_says_something_else_than_a_fixture_is_found() -> None:
    (wrong,) = findings(10, MistakesReasons)
    assert wrong.startswith("honest/send/refused: reason is ")


def test_without_a_fixture_nothing_shows_how_it_refuses() -> None:
    ended = ruling(10, subject(Honest, "refused"))
    assert ended.judgement is Judgement.NOT_SHOWN
    assert "give the fixture honest/send/refused, with protocols: [rest]" in ended.findings[0]


@backend
class Overrides(Honest):
    """Gives every refusal one reason and no code, stumbles over new words, and loses statuses."""

    def outcome(self, *given: Any) -> Submission | SendError:
        end = super().outcome(*given)
        if isinstance(end, Rejected):
            if end.code == "e-4711":
                raise LookupError(end.code)
            raise Rejected(end.why, end.attempt, reason=Reason.ACCOUNT)
        if isinstance(end, Submission) and end.provider_status == "never-heard-of":
            raise LookupError(end.provider_status)
        return replace(end, status=Status.SENT) if isinstance(end, Submission) else end


def test_a_program_that_does_not_keep_to_its_table_is_found() -> None:
    wrong = findings(10, Overrides)
    assert "send, error = '12': reason and code are account and None, not recipient" in wrong
    assert (
        "send, error = 'e-4711', which no table has: it ends with LookupError, "
        "which is not an outcome"
    ) in wrong
    by_table, by_fixture = findings(11, Overrides)
    assert by_table == "send, state = 'queued': the status is sent, not queued"
    assert by_fixture.startswith("honest/send/accepted: status is ")


def test_a_200_that_is_believed_is_the_matter_of_another_clause() -> None:
    assert findings(10, Believes) == []


@backend
class Marked(Honest):
    """Has its mark of success and its status at two places."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            send=replace(SEND, accepted=replace(SEND.accepted, match={"ok": "1"})),
        )
    }


@backend
class Stumbles(Marked):
    """Knows only the statuses of its table."""

    def outcome(self, *given: Any) -> Submission | SendError:
        end = super().outcome(*given)
        if isinstance(end, Submission) and end.status is Status.UNKNOWN:
            raise LookupError(end.provider_status)
        return end


def test_a_status_that_is_not_heard_of_must_survive() -> None:
    judged = [FIXTURES["refused"]]
    assert ruling(11, Subject(Marked(key=Secret("k")), judged)).judgement is Judgement.PASS
    (wrong,) = ruling(11, Subject(Stumbles(key=Secret("k")), judged)).findings
    assert wrong == (
        "send, state = 'never-heard-of': it ends with LookupError, which is not an outcome"
    )


@each("number", [10, 11])
def test_words_are_written_as_a_contract_allows(number: int) -> None:
    ended = ruling(number, Subject(soap(SOAP_SEND), []))
    assert ended.judgement is {10: Judgement.NOT_SHOWN, 11: Judgement.PASS}[number]


@backend
class Silent(Honest):
    """Has no status anywhere."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            send=replace(SEND, accepted=replace(SEND.accepted, status=None)),
            status=None,
        )
    }


def test_statuses_do_not_apply_where_there_are_none() -> None:
    assert ruling(11, subject(Silent)).judgement is Judgement.DOES_NOT_APPLY


def test_a_fixture_with_another_status_is_found() -> None:
    other = replace(FIXTURES["send"], expect={"outcome": "accepted", "status": "sent"})
    judged = Subject(Honest(key=Secret("k")), [other])
    (wrong,) = ruling(11, judged).findings
    assert wrong.startswith("honest/send/accepted: status is ")
