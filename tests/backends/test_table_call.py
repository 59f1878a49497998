"""A call by a table: what is asked, and what its answer proves, without any I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Backend,
    ClientCredentials,
    Fields,
    Message,
    NoAnswer,
    Operation,
    OutcomeUnknown,
    Protocol,
    Question,
    Reason,
    Rejected,
    Rest,
    Secret,
    Status,
    Unsupported,
    When,
    backend,
)
from smsbridge.backends.console import Console
from smsbridge.http.exchange import Broken, Left, Response, Session
from smsbridge.message import SentMessage

from support.blocks import NOW, behind, document, json_of, session, talk
from support.each import each

SEND = Operation(
    "POST /v1/messages", {"to": "{recipient}", "text": "{text}"}, When({"state": "QUEUED"})
)
STATUS = Question("GET /v1/messages/{id}", {}, {"id": "id", "status": "state", "text": "text"})
LIST = Question(
    "POST /v1/list",
    {"since": "{after|iso}", "trace": "{uuid}"},
    {"id": "id", "at": "at"},
    "rows",
    rejected={"code": {"12": Reason.RATE, "*": Reason.OTHER}},
)


@backend
class Asked(Backend):
    """A backend that can be asked, in one way of three."""

    name = "ten"
    url = "https://api.ten.example"
    token: Secret

    client_id: str = ""
    client_secret: Secret | None = None
    statuses = {"DONE": Status.DELIVERED}
    protocols = {
        "rest": Protocol(Rest(body="json"), Fields({"token": "{token}"}), status=STATUS, sent=LIST),
        "oauth": Protocol(
            Rest(body="json"),
            ClientCredentials("POST /token", "client_id", "client_secret"),
            status=STATUS,
        ),
        "none": Protocol(Rest(), Fields({"token": "{token}"})),
    }


ASKED = Asked(token=Secret("canary-token"), client_id="i", client_secret=Secret("canary-secret"))


def ask(
    question: str,
    values: dict[str, Any],
    *answers: Response | Broken,
    protocol: str = "rest",
) -> Any:
    end, _ = talk(replace(ASKED, protocol=protocol).ask(question, values, session()), *answers)
    return end


def test_a_question_is_one_request_with_its_auth() -> None:
    request = next(ASKED.ask("sent", {"after": NOW}, session()))
    assert request.url == "https://api.ten.example/v1/list"
    assert json_of(request) == {
        "since": "2030-01-01T00:00:00Z",
        "trace": "00000000-0000-4000-8000-000000000000",
        "token": "canary-token",
    }


def test_an_answer_without_rows_is_one_row_by_itself() -> None:
    (row,) = ask("status", {"id": "7"}, document(id=7, state="DONE", text="Hi"))
    assert row == SentMessage(
        id="7",
        status=Status.DELIVERED,
        provider_status="DONE",
        text="Hi",
        answer={"id": 7, "state": "DONE", "text": "Hi"},
    )


def test_rows_are_read_one_by_one() -> None:
    rows = ask("sent", {}, document(rows=[{"id": 1, "at": "2030-01-01"}, {"id": 2, "at": "soon"}]))
    assert [(row.id, row.at) for row in rows] == [("1", NOW), ("2", None)]
    assert ask("sent", {}, document(rows=[])) == []


def test_a_word_that_the_table_does_not_know_is_unknown_and_is_kept() -> None:
    (row,) = ask("status", {"id": "7"}, document(state="done"))
    assert (row.status, row.provider_status) == (Status.UNKNOWN, "done")


@each(
    ("question", "values", "says"),
    [
        ("received", {}, "ten over rest can't answer received; none of its protocols can"),
        ("status", {"id": "1", "after": NOW}, "ten can't ask status by after"),
        ("sent", {"recipient": "+1"}, "ten can't ask sent by recipient"),
        ("send", {}, "ten over rest can't answer send"),
        ("nothing", {}, "ten over rest can't answer nothing"),
    ],
)
def test_what_can_not_be_asked_is_unsupported(
    question: str, values: dict[str, Any], says: str
) -> None:
    with pytest.raises(Unsupported, match=says):
        next(ASKED.ask(question, values, session()))


def test_a_protocol_that_can_be_asked_is_named() -> None:
    with pytest.raises(Unsupported, match="ten over none can't answer status; rest and oauth can"):
        next(replace(ASKED, protocol="none").ask("status", {"id": "1"}, session()))


def test_a_backend_without_a_provider_has_no_answers() -> None:
    with pytest.raises(Unsupported, match="console can't answer status"):
        next(Console().ask("status", {"id": "1"}, session()))


def test_a_refused_question_has_reason_and_code_and_no_secret() -> None:
    error = ask("sent", {}, document(code=12))
    assert type(error) is Rejected
    assert (error.reason, error.code, error.attempt.reference) == (Reason.RATE, "12", "")
    error = ask("sent", {}, document(400, code="no canary-token here"))
    assert (error.reason, error.code) == (Reason.REQUEST, "••• (a text of length 20)")
    assert "canary" not in behind(error)


@each("code", [0, "0", "00", None, "", False, "none", "null"])
def test_without_a_word_of_success_nothing_like_zero_is_a_refusal(code: object) -> None:
    assert [row.id for row in ask("sent", {}, document(code=code, rows=[{"id": 1}]))] == ["1"]


@each("code", [7, "broken", "-1"])
def test_without_a_word_of_success_any_other_is_a_refusal_and_no_empty_log(code: object) -> None:
    error = ask("sent", {}, document(code=code, rows=[]))
    assert (type(error), error.reason) == (Rejected, Reason.OTHER)


@each(
    ("said", "shown"),
    [
        ("invalid_guid", "invalid_guid"),
        ("E-12:3.4", "E-12:3.4"),
        ("no message to +12025550123", "••• (a text of length 26)"),
        ("12025550123", "••• (a text of length 11)"),
        ("Hello", "Hello"),
    ],
)
def test_of_a_question_only_a_code_is_shown_for_number_and_text_are_not_known(
    said: str, shown: str
) -> None:
    error = ask("sent", {}, document(400, code=said))
    assert error.code == shown


def test_a_401_is_a_failed_authentication() -> None:
    error = ask("status", {"id": "7"}, Response(status=401))
    assert type(error) is AuthenticationFailed


@each(
    ("answer", "retry", "after", "why"),
    [
        (Broken(Left.NOTHING, "refused"), True, None, "refused"),
        (Broken(Left.PART, "reset"), True, None, "reset"),
        (Broken(Left.ALL, "silence"), True, None, "silence"),
        (Broken(Left.NOTHING, "no host", retry=False), False, None, "no host"),
        (Response(status=429, headers={"Retry-After": "7"}), True, 7, "HTTP 429"),
        (Response(status=429), True, None, "HTTP 429"),
        (Response(status=503, headers={"Retry-After": "5000"}), True, 3600, "HTTP 503"),
        (Response(status=500), True, None, "HTTP 500"),
        (Response(status=302), True, None, "HTTP 302"),
        (Response(status=308), False, None, "a redirect"),
        (Response(status=200, body=b"canary-token"), True, None, "it is not JSON"),
    ],
)
def test_any_other_end_is_no_answer_and_says_whether_to_ask_again(
    answer: Response | Broken, why: str, *, retry: bool, after: float | None
) -> None:
    error = ask("status", {"id": "7"}, answer)
    assert type(error) is NoAnswer
    assert (error.backend, error.retry, error.retry_after) == ("ten", retry, after)
    assert why in str(error)
    assert "canary" not in behind(error)


def test_a_question_takes_a_token_and_renews_it_once() -> None:
    first, second = (document(access_token=f"t-{number}") for number in (1, 2))
    gone = Response(status=401)
    (row,) = ask("status", {"id": "7"}, first, gone, second, document(id=7), protocol="oauth")
    assert row.id == "7"
    error = ask("status", {"id": "7"}, first, gone, second, gone, protocol="oauth")
    assert type(error) is AuthenticationFailed


@each(
    ("answer", "kind"),
    [
        (document(401, error="invalid_client"), AuthenticationFailed),
        (document(500), NoAnswer),
        (Broken(Left.ALL, "silence"), NoAnswer),
        (document(), NoAnswer),
    ],
)
def test_a_token_call_of_a_question_is_refused_or_no_answer(
    answer: Response | Broken, kind: type
) -> None:
    assert type(ask("status", {"id": "7"}, answer, protocol="oauth")) is kind


class Breaks(Rest):
    """A codec of a plug-in that has a bug in reading answers."""

    def decode(self, *_: Any) -> dict[str, Any]:
        raise KeyError("no such key")


@backend
class Buggy(Asked):
    protocols = {"rest": Protocol(Breaks(), Fields({"token": "{token}"}), send=SEND)}


def test_a_bug_in_reading_an_answer_is_an_unknown_outcome_and_not_a_lost_one() -> None:
    sending = Buggy(token=Secret("t")).send(
        Message(recipient="+12025550123", text="Hello"), Session(now=lambda: NOW)
    )
    next(sending)
    with pytest.raises(OutcomeUnknown, match="the answer can't be read: KeyError"):
        sending.send(Response(status=200, body=b"{}"))


def test_a_bug_in_reading_an_answer_is_no_answer() -> None:
    @backend
    class Bug(Asked):
        protocols = {"rest": Protocol(Breaks(), Fields({"token": "{token}"}), status=STATUS)}

    end, _ = talk(Bug(token=Secret("t")).ask("status", {"id": "7"}, session()), document())
    assert type(end) is NoAnswer
    assert "KeyError" in end.why
