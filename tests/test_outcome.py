"""What an answer proves, as a pure function of it. Over real sockets: test_faults.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Attempt, NotSent, OutcomeUnknown, Reason, Rejected, Status, Submission, When
from smsbridge.codecs import SoapFault
from smsbridge.exchange import Broken, Left, Response
from smsbridge.outcome import Case, Words, at, broken, judge, word_at

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ATTEMPT = Attempt(backend="acme", protocol="rest", reference="r-1", started=NOW)
WORDS = Words(
    accepted=When({"a.state": "0"}, id="a.id", status="a.said"),
    rejected={
        "a.code": {"12": Reason.RECIPIENT, "*": Reason.OTHER},
        "fault.string": {"no credit": Reason.QUOTA},
    },
    statuses={"queued": Status.QUEUED},
)
CASE = Case(words=WORDS, attempt=ATTEMPT, now=NOW, mask=lambda word: word.replace("canary", "•••"))


def judged(answer: dict[str, Any] | str, status: int = 200, **headers: str) -> Any:
    return judge(Response(status=status, headers=headers), answer, CASE)


@pytest.mark.parametrize("marker", [0, "0"])
def test_the_marker_is_compared_as_text(marker: object) -> None:
    outcome = judged({"a": {"state": marker, "id": 77, "said": "queued"}})
    assert (outcome.id, outcome.status, outcome.provider_status) == ("77", Status.QUEUED, "queued")
    assert outcome.answer == {"a": {"state": marker, "id": 77, "said": "queued"}}


@pytest.mark.parametrize("marker", [False, None, "", 0.0, [], {}, "00", " 0"])
def test_what_only_looks_like_the_marker_is_unknown(marker: object) -> None:
    assert isinstance(judged({"a": {"state": marker}}), OutcomeUnknown)


def test_a_word_for_the_status_that_nobody_knows_is_unknown_and_none_is_accepted() -> None:
    assert judged({"a": {"state": "0", "said": "teleported"}}).status is Status.UNKNOWN
    assert judged({"a": {"state": "0"}}).status is Status.ACCEPTED


def test_acceptance_is_looked_for_before_refusal() -> None:
    assert isinstance(judged({"a": {"state": "0", "code": "0"}}), Submission)


def test_an_unknown_code_is_other_and_is_kept() -> None:
    outcome = judged({"a": {"code": 99}})
    assert (outcome.reason, outcome.code) == (Reason.OTHER, "99")


def test_the_star_needs_the_path_to_be_there() -> None:
    assert isinstance(judged({"b": 1}), OutcomeUnknown)


def test_a_refusing_status_takes_its_reason_from_the_table_if_it_can() -> None:
    assert judged({"a": {"code": "12"}}, 400).reason is Reason.RECIPIENT
    outcome = judged({"a": {"code": "77"}}, 422)
    assert (outcome.reason, outcome.code) == (Reason.REQUEST, "77")
    assert judged("not readable", 413).reason is Reason.CONTENT


def test_a_fault_that_the_table_names_is_decided_by_it_whatever_its_code() -> None:
    outcome = judged(SoapFault(fault={"code": "Server", "string": "no credit"}), 500)
    assert isinstance(outcome, Rejected)
    assert outcome.reason is Reason.QUOTA


@pytest.mark.parametrize("field", [None, {"code": "Client", "string": "no"}])
def test_a_json_answer_with_a_field_named_fault_is_no_fault(field: object) -> None:
    assert isinstance(judged({"fault": field, "a": {"state": "0"}}), Submission)
    assert isinstance(judged({"fault": field}, 500), OutcomeUnknown)


def test_a_refusing_status_beats_a_fault_of_the_server() -> None:
    fault = SoapFault(fault={"code": "Server", "string": "busy"})
    assert isinstance(judged(fault, 429), NotSent)
    assert isinstance(judged(fault, 503, **{"Retry-After": "5"}), NotSent)
    assert isinstance(judged(fault, 503), OutcomeUnknown)


def test_nothing_private_comes_from_the_answer_into_an_error() -> None:
    for answer, status in (
        (SoapFault(fault={"code": "Client", "string": "bad canary"}), 500),
        ({"a": {"code": "canary"}}, 200),
        ({"a": {"code": "canary"}}, 400),
    ):
        outcome = judged(answer, status)
        assert "canary" not in f"{outcome} {outcome!r} {outcome.code}"


def test_a_word_of_the_provider_is_cut_to_a_readable_length() -> None:
    assert len(judged({"a": {"code": "x" * 5000}}).code) == 60


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("86400", 3600.0),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60.0),
        ("Tue, 01 Jan 2030 01:01:00 +0100", 60.0),
        ("Tue, 01 Jan 2030 00:01:00 -0000", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, wait: float | None) -> None:
    assert judged({}, 429, **{"Retry-After": said}).retry_after == wait


@pytest.mark.parametrize(
    ("left", "kind"),
    [(Left.NOTHING, NotSent), (Left.PART, NotSent), (Left.ALL, OutcomeUnknown)],
)
def test_what_left_decides_where_no_answer_came(left: Left, kind: type) -> None:
    outcome = broken(Broken(left, "reset"), ATTEMPT)
    assert isinstance(outcome, kind)
    assert outcome.why == "reset"


def test_a_broken_call_that_would_break_again_says_so() -> None:
    outcome = broken(Broken(Left.NOTHING, "no such host", retry=False), ATTEMPT)
    assert isinstance(outcome, NotSent)
    assert not outcome.retry


def test_a_path_goes_through_objects_and_lists_of_one() -> None:
    answer = {"a": [{"b": {"c": 1}}], "d": [], "e": [{"f": 0}, {"f": 5}]}
    assert at(answer, "a.b.c") == 1
    assert [at(answer, path) for path in ("a.x.c", "d.e", "e.f")] == [None, None, None]
    assert at("text", "a") is None


def test_only_words_and_numbers_are_words() -> None:
    values: tuple[object, ...] = (1, "x", True, None, "", [], {})
    words = [word_at({"a": value}, "a") for value in values]
    assert words == ["1", "x", None, None, None, None, None]
    assert word_at({"a": 1}, None) is None


def test_a_table_that_takes_every_answer_for_an_acceptance_is_refused() -> None:
    with pytest.raises(ValueError, match="a 200 is never proof"):
        When({})
