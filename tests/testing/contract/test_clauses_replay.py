"""Each fixture is replayed, each operation is pinned, and the async client equals the sync one."""

from __future__ import annotations

from dataclasses import replace

from smsbridge import Secret
from smsbridge.testing.contract.ruling import Judgement
from smsbridge.testing.contract.subject import Subject

from support.contracts import (
    FIXTURES,
    AsyncDiffers,
    Honest,
    Remembers,
    findings,
    ruling,
    subject,
)


def test_fixtures_that_hold_are_found_to_hold() -> None:
    assert findings(1) == []


def test_a_wire_that_differs_is_a_miss() -> None:
    sent = FIXTURES["send"]
    assert sent.message is not None
    other = replace(sent, message=replace(sent.message, text="Another"))
    ended = ruling(1, Subject(Honest(key=Secret("k")), [other, FIXTURES["status"]]))
    assert ended.judgement is Judgement.FAIL
    miss, unplayed, end = ended.findings
    assert "matches nothing" in miss
    assert unplayed.endswith("the interaction send was never played")
    assert "it ends with OutcomeUnknown, not accepted: HTTP 599" in end


def test_an_operation_that_nothing_pins_is_not_shown_and_the_fixture_is_named() -> None:
    ended = ruling(1, subject(Honest, "status"))
    assert ended.judgement is Judgement.NOT_SHOWN
    why, _ = ended.findings
    assert "the fixture honest/status/rest, with protocols: [rest], do: {operation: status" in why
    without = ruling(1, subject(Honest, "send", "status", "refused"))
    assert [why.partition(":")[0] for why in without.findings] == [
        "the wire of send",
        "the wire of status",
        "what status reads",
    ]


def test_the_two_clients_are_compared_by_what_they_say_and_get() -> None:
    assert findings(2) == []
    wrong = findings(2, AsyncDiffers)
    assert "honest/send/accepted: the async client sent another request, or more or fewer" in wrong
    assert any(one.startswith("fault silence: the async client sent") for one in wrong)


def test_what_changes_from_call_to_call_is_no_matter_of_the_clients() -> None:
    assert findings(2, Remembers) == []


def test_a_question_whose_rows_no_fixture_has_is_not_shown() -> None:
    asked = replace(FIXTURES["status"], expect={"outcome": "answered"})
    given = [FIXTURES["send"], FIXTURES["refused"], asked]
    ended = ruling(1, Subject(Honest(key=Secret("k")), given))
    assert ended.judgement is Judgement.NOT_SHOWN
    (why,) = ended.findings
    assert why.startswith("what status reads: give the fixture honest/status/rest, with protocols:")
    assert why.endswith("expect: {outcome: answered, rows: [{id: …, …}]}")
