"""What an answer proves, as a pure function of it. Over real sockets: test_faults.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from smsbridge import (
    Attempt,
    AuthenticationFailed,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Status,
    Submission,
    When,
)
from smsbridge.http.exchange import Broken, Left, Response
from smsbridge.mapping.codec import SoapFault
from smsbridge.mapping.outcome import Case, end_of_break, judge
from smsbridge.mapping.words import Words

from support.each import each

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


@each("marker", [0, "0"])
def test_the_marker_is_compared_as_text(marker: object) -> None:
    outcome = judged({"a": {"state": marker, "id": 77, "said": "queued"}})
    assert (outcome.id, outcome.status, outcome.provider_status) == ("77", Status.QUEUED, "queued")
    assert outcome.answer == {"a": {"state": marker, "id": 77, "said": "queued"}}


@each(
    ("wanted", "status", "answer", "kind"),
    [
        ("204", 204, "the answer can't be read: it is empty", Submission),
        ("201", 201, "the answer can't be read: it is no JSON", Submission),
        (("201", "202"), 202, {}, Submission),
        ("204", 200, {}, OutcomeUnknown),
        ("204", 404, {}, Rejected),
        ("201", 204, {}, OutcomeUnknown),
    ],
)
def test_a_status_that_is_the_mark_needs_no_body(
    wanted: Any, status: int, answer: Any, kind: type
) -> None:
    case = replace(CASE, words=replace(WORDS, accepted=When({"#status": wanted})))
    assert isinstance(judge(Response(status=status), answer, case), kind)


def test_a_page_is_not_the_mark_whatever_its_status() -> None:
    case = replace(CASE, words=replace(WORDS, accepted=When({"#status": "201"})))
    page = Response(status=201, body=b"<html>Sign in</html>")
    assert isinstance(judge(page, "the answer can't be read", case), OutcomeUnknown)


def test_an_answer_without_a_body_proves_nothing_by_words() -> None:
    assert isinstance(judged({"a": {"state": "0"}}, 204), OutcomeUnknown)


def test_a_range_of_numbers_is_a_status_and_a_refusal() -> None:
    statuses = {"100-199": Status.QUEUED}
    rejected = {"a.code": {"4-9": Reason.QUOTA, "7": Reason.RATE}}
    case = replace(CASE, words=replace(WORDS, statuses=statuses, rejected=rejected))

    def judge_it(**words: str) -> Any:
        return judge(Response(status=200), {"a": words}, case)

    assert judge_it(state="0", said="150").status is Status.QUEUED
    assert (judge_it(code="5").reason, judge_it(code="7").reason) == (Reason.QUOTA, Reason.RATE)
    assert isinstance(judge_it(code="10"), OutcomeUnknown)


@each("marker", [False, None, "", 0.0, [], {}, "00", " 0"])
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


@each("blank", [" ", "\n", "\u00a0"])
def test_blanks_are_no_word(blank: str) -> None:
    assert isinstance(outcome_of({"id": blank}, words({"id": "*"}, {})), OutcomeUnknown)
    refusing = words({"id": "*"}, {"error": {"*": Reason.OTHER}})
    assert isinstance(outcome_of({"error": blank}, refusing), OutcomeUnknown)
    assert isinstance(outcome_of({"id": "7", "error": blank}, refusing), Submission)


def test_a_refusing_status_takes_its_reason_from_the_table_if_it_can() -> None:
    assert judged({"a": {"code": "12"}}, 400).reason is Reason.RECIPIENT
    outcome = judged({"a": {"code": "77"}}, 422)
    assert (outcome.reason, outcome.code) == (Reason.REQUEST, "77")
    assert judged("not readable", 413).reason is Reason.CONTENT


def test_a_fault_that_the_table_names_is_decided_by_it_whatever_its_code() -> None:
    outcome = judged(SoapFault(fault={"code": "Server", "string": "no credit"}), 500)
    assert isinstance(outcome, Rejected)
    assert outcome.reason is Reason.QUOTA


@each("field", [None, {"code": "Client", "string": "no"}])
def test_a_json_answer_with_a_field_named_fault_is_no_fault(field: object) -> None:
    assert isinstance(judged({"fault": field, "a": {"state": "0"}}), Submission)
    assert isinstance(judged({"fault": field}, 500), OutcomeUnknown)


def test_a_refusing_status_beats_a_fault_of_the_server() -> None:
    fault = SoapFault(fault={"code": "Server", "string": "busy"})
    assert isinstance(judged(fault, 429), NotSent)
    assert isinstance(judged(fault, 503), OutcomeUnknown)


@each("status", [301, 302, 303, 408, 500, 502, 503, 504])
def test_what_another_can_send_once_the_message_was_taken_is_unknown(status: int) -> None:
    assert isinstance(judged("a page", status, **{"Retry-After": "5"}), OutcomeUnknown)


def test_a_408_is_not_sent_where_less_than_the_whole_request_had_left() -> None:
    early = Response(status=408, left=Left.PART)
    assert isinstance(judge(early, "nothing", CASE), NotSent)


# --- what a table says of a status, and of words that mean that nothing was taken


def by_table(answer: dict[str, Any] | str, status: int, **table: Any) -> Any:
    case = replace(CASE, words=replace(WORDS, **table))
    return judge(Response(status=status, headers={"Retry-After": "7"}), answer, case)


@each("answer", ["not readable", {}, SoapFault(fault={"code": "Server"})])
def test_a_503_that_the_table_names_is_not_sent_and_says_how_long_to_wait(answer: Any) -> None:
    outcome = by_table(answer, 503, not_sent={"#status": ("503",)})
    assert isinstance(outcome, NotSent)
    assert (outcome.retry, outcome.retry_after) == (True, 7)
    assert isinstance(by_table(answer, 502, not_sent={"#status": ("503",)}), OutcomeUnknown)


@each("status", [200, 400, 409, 503])
def test_a_word_that_the_table_names_says_that_nothing_was_taken(status: int) -> None:
    busy = {"a.code": ("BUSY", "LATER")}
    assert isinstance(by_table({"a": {"code": "BUSY"}}, status, not_sent=busy), NotSent)


def test_a_boolean_is_such_a_word_where_the_table_names_it() -> None:
    free = {"a.free": ("false",)}
    assert isinstance(by_table({"a": {"free": False}}, 200, not_sent=free), NotSent)
    assert isinstance(by_table({"a": {"free": True}}, 200, not_sent=free), OutcomeUnknown)


@each("status", [302, 401])
def test_such_a_word_counts_for_nothing_with_a_redirect_or_a_401(status: int) -> None:
    busy = {"a.code": ("BUSY",)}
    assert not isinstance(by_table({"a": {"code": "BUSY"}}, status, not_sent=busy), NotSent)


@each("status", [200, 400, 404, 409, 503])
def test_an_answer_that_says_taken_and_not_taken_is_unknown(status: int) -> None:
    both = {"a": {"state": "0", "code": "BUSY"}}
    assert isinstance(by_table(both, status, not_sent={"a.code": ("BUSY",)}), OutcomeUnknown)


def test_a_word_of_refusal_beats_one_that_says_not_taken() -> None:
    both = {"a": {"code": "12", "more": "BUSY"}}
    assert isinstance(by_table(both, 200, not_sent={"a.more": ("BUSY",)}), Rejected)


@each("answer", ["not readable", {}])
def test_a_refusal_that_the_table_names_by_its_status_has_its_reason(answer: Any) -> None:
    outcome = by_table(answer, 402, rejected={"#status": {"402": Reason.QUOTA}})
    assert (type(outcome), outcome.reason, outcome.code) == (Rejected, Reason.QUOTA, "402")
    assert isinstance(judged(answer, 402), OutcomeUnknown)


@each("status", [402, 405, 409, 451, 499])
def test_a_refusal_that_the_table_names_by_a_word_counts_for_any_other_4xx(status: int) -> None:
    assert judged({"a": {"code": "12"}}, status).reason is Reason.RECIPIENT
    assert isinstance(judged({"a": {"code": "99"}}, status), OutcomeUnknown)


@each("status", [408, 500, 503])
def test_a_refusal_that_the_table_names_by_a_word_counts_for_no_other_status(status: int) -> None:
    assert isinstance(judged({"a": {"code": "12"}}, status), OutcomeUnknown)


# --- pages of others on the way

PAGE = b"<html><head><title>403 Forbidden</title></head></html>"


def paged(status: int, scheme: str = "", **headers: str) -> Any:
    case = replace(CASE, scheme=scheme)
    return judge(Response(status=status, headers=headers, body=PAGE), "it is not JSON", case)


@each("status", [401, 403, 404])
def test_a_refusal_that_is_a_page_may_be_a_proxys_and_is_unknown(status: int) -> None:
    outcome = paged(status)
    assert isinstance(outcome, OutcomeUnknown)
    assert "an HTML page that may come from a proxy" in outcome.why


def test_a_401_page_that_asks_for_our_own_scheme_is_about_us() -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="sms"'}
    assert isinstance(paged(401, "basic", **challenge), AuthenticationFailed)
    assert isinstance(paged(401, "bearer", **challenge), OutcomeUnknown)


@each("status", [400, 413, 422])
def test_a_page_of_what_is_refused_before_the_provider_stays_a_refusal(status: int) -> None:
    assert isinstance(paged(status), Rejected)


def test_a_page_whose_status_the_table_names_is_the_refusal_that_it_names() -> None:
    words = replace(WORDS, rejected={"#status": {"403": Reason.ACCOUNT}})
    response = Response(status=403, body=PAGE)
    assert judge(response, "not JSON", replace(CASE, words=words)).reason is Reason.ACCOUNT  # type: ignore[union-attr]  # else it fails


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


@each(
    ("said", "wait"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("86400", 3600.0),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60.0),
        ("Tue, 01 Jan 2030 01:01:00 +0100", 60.0),
        ("Tue, 01 Jan 2030 00:01:00 -0000", None),
        ("-5", None),
        ("1.5", 1.5),
        ("0.", 0.0),
        ("9" * 400 + ".5", 3600.0),
        ("1.5.0", None),
        (".5", None),
        ("1e3", None),
        ("nan", None),
        ("٣", None),
        ("soon", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, wait: float | None) -> None:
    assert judged({}, 429, **{"Retry-After": said}).retry_after == wait


@each(
    ("left", "kind"),
    [(Left.NOTHING, NotSent), (Left.PART, NotSent), (Left.ALL, OutcomeUnknown)],
)
def test_what_left_decides_where_no_answer_came(left: Left, kind: type) -> None:
    outcome = end_of_break(Broken(left, "reset"), ATTEMPT)
    assert isinstance(outcome, kind)
    assert outcome.why == "reset"


def test_a_broken_call_that_would_break_again_says_so() -> None:
    outcome = end_of_break(Broken(Left.NOTHING, "no such host", retry=False), ATTEMPT)
    assert isinstance(outcome, NotSent)
    assert not outcome.retry


# How a table says yes


# An answer that says yes and no


def words(match: dict[str, str], rejected: dict[str, dict[str, Reason]]) -> Case:
    table = Words(accepted=When(match), rejected=rejected, statuses={})
    return Case(words=table, attempt=ATTEMPT, now=NOW, mask=str)


@each(
    ("answer", "seen"),
    [
        ({}, "a.state: nothing; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": "1", "code": "0"}}, 'a.state: "1"; a.code: "0"; fault.string: nothing'),
        ({"a": {"state": None}}, "a.state: nothing; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": True}}, "a.state: true; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": ""}}, "a.state: an empty text; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": [1, 2]}}, "a.state: a list; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": {"x": 1}}}, "a.state: a group; a.code: nothing; fault.string: nothing"),
        ({"a": {"state": "canary"}}, "a.state: •••; a.code: nothing; fault.string: nothing"),
    ],
)
def test_unknown_names_the_paths_that_were_looked_at_and_what_stood_there(
    answer: dict[str, Any], seen: str
) -> None:
    outcome = judged(answer)
    assert isinstance(outcome, OutcomeUnknown)
    said = "HTTP 200 OK, and the answer has no marker of success or refusal"
    assert outcome.why == f"{said}: {seen}"


CODES = {"code": {"12": Reason.RECIPIENT, "*": Reason.OTHER}}


def outcome_of(answer: dict[str, Any], case: Case) -> Any:
    return judge(Response(status=200), answer, case)


def test_a_marker_and_a_refusal_elsewhere_prove_nothing() -> None:
    outcome = outcome_of({"id": "7", "code": "12"}, words({"id": "*"}, CODES))
    assert isinstance(outcome, OutcomeUnknown)
    assert outcome.why == "HTTP 200 OK, and the answer has a marker of success and one of refusal"


def test_a_marker_and_any_other_word_elsewhere_are_unknown_unless_it_says_nothing() -> None:
    case = words({"id": "*"}, CODES)
    for word in ("0", "", None, "none", "false"):
        assert isinstance(outcome_of({"id": "7", "code": word}, case), Submission)
    assert isinstance(outcome_of({"id": "7", "code": "13"}, case), OutcomeUnknown)


@each(
    ("match", "refusing", "answer"),
    [
        ({"state": "/QUEUED|SENT/", "id": "*"}, "state", {"state": "QUEUED"}),
        ({"state": "/QUEUED|SENT/", "id": "*"}, "state", {"state": "queued", "id": "1"}),
        ({"state": "/QUEUED|SENT/", "id": "*"}, "state", {"state": "QUEUED ", "id": "1"}),
        ({"ok": "true", "id": "*"}, "ok", {"ok": 1, "id": "1"}),
        ({"status": "OK", "id": "*"}, "error", {"status": "OK", "error": "7"}),
        ({"status": "OK"}, "error", {"status": "OK", "error": "INVALID"}),
    ],
)
def test_any_other_word_beside_half_a_yes_is_unknown(
    match: dict[str, str], refusing: str, answer: dict[str, object]
) -> None:
    case = words(match, {refusing: {"*": Reason.OTHER}})
    assert isinstance(outcome_of(answer, case), OutcomeUnknown)


@each("marker", ["*", "/[0-9]+/", "12"])
def test_a_refusal_at_the_path_of_the_marker_wins(marker: str) -> None:
    case = words({"code": marker}, CODES)
    outcome = outcome_of({"code": "12"}, case)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.code) == (Reason.RECIPIENT, "12")


def test_any_other_word_at_the_path_of_a_pattern_is_an_acceptance_or_a_refusal() -> None:
    case = words({"code": "/[0-9]+/"}, CODES)
    assert isinstance(outcome_of({"code": "13"}, case), Submission)
    assert outcome_of({"code": "ERR"}, case).reason is Reason.OTHER
    assert isinstance(outcome_of({}, case), OutcomeUnknown)
    assert isinstance(outcome_of({"code": "1" * 5000}, case), OutcomeUnknown)


@each("word", ["0.0", "+0", " 0", "-0", "null", "None", "FALSE"])
def test_a_word_that_may_be_the_marker_in_another_spelling_is_no_refusal(word: str) -> None:
    case = words({"code": "0"}, CODES)
    assert isinstance(outcome_of({"code": word}, case), OutcomeUnknown)
    assert outcome_of({"code": "1"}, case).reason is Reason.OTHER


def test_a_401_says_what_the_provider_asks_for_instead() -> None:
    refused = judged({}, 401, **{"WWW-Authenticate": "Negotiate, NTLM"})
    assert refused.why == (
        "HTTP 401 Unauthorized; it asks for Negotiate or NTLM, which smsbridge does not speak"
    )
    assert judged({}, 403, **{"WWW-Authenticate": "NTLM"}).why == "HTTP 403 Forbidden"
