"""The answer to a call with several recipients: each has the end that its own row proves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from smsbridge import NotSent, OutcomeUnknown, Reason, Rejected, Submission
from smsbridge.errors import Attempt, SendError
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.operation import Operation
from smsbridge.mapping.outcome import Case
from smsbridge.mapping.recipient_rows import judge_rows
from smsbridge.mapping.words import When, Words

from support.each import each

ONE, TWO = "+12025550101", "+12025550102"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ACCEPTED = When({"code": "0"}, id="id")
REJECTED = {"code": {"12": Reason.RECIPIENT}, "error.code": {"77": Reason.ACCOUNT}}
OK = {"code": "0", "id": "7"}


def table(to: str = "{recipients}", rows: str = "messages", row: Any = "to") -> Operation:
    return Operation(
        "POST /sms",
        {"to": to, "text": "{text}"},
        ACCEPTED,
        REJECTED,
        not_sent={"code": ["busy"]},
        rows=rows,
        row={"recipient": row},
        most=2,
    )


def case(reference: str) -> Case:
    attempt = Attempt(backend="b", protocol="rest", reference=reference, started=NOW)
    words = Words(accepted=ACCEPTED, rejected=REJECTED, statuses={}, not_sent={"code": ["busy"]})
    return Case(words=words, attempt=attempt, now=NOW, mask=str)


CASES = {ONE: case("r-1"), TWO: case("r-2")}


def judged(
    answer: Mapping[str, Any] | str,
    status: int = 200,
    of: Operation | None = None,
    cases: Mapping[str, Case] = CASES,
) -> list[Submission | SendError]:
    ends = judge_rows(of or table(), Response(status=status), answer, cases)
    assert [end.attempt for end in ends] == [one.attempt for one in cases.values()]
    return ends


def kinds(answer: Mapping[str, Any] | str, status: int = 200, **more: Any) -> list[type]:
    return [type(end) for end in judged(answer, status, **more)]


def rows(*given: Mapping[str, Any]) -> dict[str, Any]:
    return {"messages": list(given)}


def test_each_recipient_has_the_end_of_its_own_row_whatever_its_place() -> None:
    one, two = judged(rows({"to": TWO, "code": 12}, {"to": ONE, **OK}))
    assert isinstance(one, Submission)
    assert (one.id, one.answer) == ("7", {"to": ONE, **OK})
    assert isinstance(two, Rejected)
    assert (two.reason, two.code) == (Reason.RECIPIENT, "12")


@each("status", [200, 201, 202])
def test_a_row_may_say_that_it_was_not_taken(status: int) -> None:
    given = rows({"to": ONE, **OK}, {"to": TWO, "code": "busy"})
    assert kinds(given, status) == [Submission, NotSent]


@each("word", [ONE, ONE[1:], "001 (202) 555-0101", 12025550101])
def test_numbers_are_compared_by_their_digits(word: Any) -> None:
    assert kinds(rows({"to": word, **OK})) == [Submission, OutcomeUnknown]


def test_a_row_may_have_the_number_as_it_was_sent() -> None:
    of = table("{recipients|national}")
    assert kinds(rows({"to": "2025550102", **OK}), of=of) == [OutcomeUnknown, Submission]


def test_a_word_that_may_be_of_two_numbers_is_of_neither() -> None:
    alike = {ONE: case("r-1"), f"00{ONE[1:]}": case("r-2")}
    assert kinds(rows({"to": ONE[1:], **OK}), cases=alike) == [OutcomeUnknown] * 2


@each("others", [[], [{"to": "+12025550199", **OK}], [{**OK}], [{"to": "", **OK}]])
def test_a_recipient_without_a_row_is_unknown(others: list[dict[str, Any]]) -> None:
    one, two = judged(rows({"to": ONE, **OK}, *others))
    assert isinstance(one, Submission)
    assert isinstance(two, OutcomeUnknown)
    assert two.why == "HTTP 200 OK: the answer has no row for this recipient"


def test_a_recipient_with_two_rows_is_unknown() -> None:
    given = rows({"to": ONE, **OK}, {"to": ONE, "code": "12"}, {"to": TWO, **OK})
    one, two = judged(given)
    assert isinstance(one, OutcomeUnknown)
    assert one.why == "HTTP 200 OK: the answer has 2 rows for this recipient"
    assert isinstance(two, Submission)


def test_a_row_that_says_neither_yes_nor_no_is_unknown() -> None:
    assert kinds(rows({"to": ONE, "code": "5"}, {"to": TWO, **OK})) == [OutcomeUnknown, Submission]


def test_a_whole_answer_without_rows_may_refuse_all_alike() -> None:
    for end in judged({"error": {"code": 77}}):
        assert isinstance(end, Rejected)
        assert end.reason is Reason.ACCOUNT
    assert kinds({"code": "busy", "messages": []}) == [NotSent] * 2


@each("answer", [OK, {**OK, "messages": []}, {**OK, "messages": "2"}, {}, "it can't be read"])
def test_a_whole_answer_without_rows_accepts_none(answer: Any) -> None:
    assert kinds(answer) == [OutcomeUnknown] * 2


@each(
    ("status", "end"),
    [(400, Rejected), (429, NotSent), (500, OutcomeUnknown), (503, OutcomeUnknown)],
)
def test_another_status_means_the_same_for_each(status: int, end: type) -> None:
    assert kinds({"message": "no"}, status) == [end] * 2
    assert kinds(rows({"to": ONE, "code": "12"}), status) == [end] * 2


@each("status", [207, 400, 422, 429, 500])
def test_a_row_that_says_yes_under_another_status_makes_all_unknown(status: int) -> None:
    assert kinds(rows({"to": ONE, **OK}), status) == [OutcomeUnknown] * 2


def test_a_fault_is_the_same_for_each() -> None:
    assert kinds(SoapFault(fault={"code": "Client", "string": "no"}), 200) == [Rejected] * 2


def test_rows_may_be_the_whole_answer_or_an_object_of_them() -> None:
    assert kinds({"#list": [{"to": ONE, **OK}]}, of=table(rows="#list")) == [
        Submission,
        OutcomeUnknown,
    ]
    given = {"messages": {"7": {"to": ONE, **OK}, "8": {"to": TWO, "code": "12"}}}
    assert kinds(given) == [Submission, Rejected]


def test_the_number_of_a_row_may_stand_at_the_first_of_several_paths() -> None:
    of = table(row=["to.number", "msisdn"])
    given = rows({"to": {"number": ONE}, **OK}, {"msisdn": TWO, "code": "12"})
    assert kinds(given, of=of) == [Submission, Rejected]
