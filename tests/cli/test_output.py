"""How messages and outcomes are shown: JSON in lines, tables, nothing that steers a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import (
    Attempt,
    NotSent,
    OutcomeUnknown,
    Reason,
    ReceivedMessage,
    Rejected,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.cli.output import (
    RECEIVED,
    SENT,
    failure,
    message_json,
    printable,
    show_rows,
    show_submission,
    success,
)
from smsbridge.client.attempt_json import attempt_of, attempt_words

WHEN = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
ATTEMPT = Attempt(
    backend="smsmobileapi",
    protocol="rest",
    reference="order-4711",
    started=WHEN,
    fingerprint="0f9d",
)
ROW = SentMessage(
    id="c319", recipient="+12025550123", text="Hello", status=Status.SENT, at=WHEN, answer={"a": 1}
)


def shown(capsys: pytest.CaptureFixture[str], *rows: SentMessage, as_json: bool = False) -> str:
    show_rows(rows, SENT, as_json=as_json)
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_a_table_has_a_column_for_each_name_and_a_line_for_each_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = SentMessage(id="d4", status=Status.UNDELIVERED, error="no SIM")
    assert shown(capsys, ROW, failed) == (
        "at                    id    recipient     status       error   text\n"
        "2027-01-31 09:30:00Z  c319  +12025550123  sent         -       Hello\n"
        "-                     d4    -             undelivered  no SIM  -\n"
    )


def test_no_rows_are_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([], RECEIVED, as_json=False)
    assert capsys.readouterr() == ("", "no messages\n")


def test_no_rows_are_no_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, as_json=True) == ""


def test_a_row_is_one_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = shown(capsys, ROW, as_json=True).splitlines()
    assert json.loads(line) == {
        "id": "c319",
        "recipient": "+12025550123",
        "sender": None,
        "text": "Hello",
        "status": "sent",
        "provider_status": None,
        "at": "2027-01-31T09:30:00+00:00",
        "error": None,
        "reference": None,
        "answer": {"a": 1},
    }


def test_a_received_message_has_these_keys() -> None:
    keys = ["id", "sender", "recipient", "text", "at", "device", "answer"]
    assert list(message_json(ReceivedMessage())) == keys


HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x9b31mred",
    "ring\a\b\b\r",
    "one\ntwo\r\nthree",
    "a\tb\x0bc\x0cd",
    "a\u2028b\u2029c\x85d",
    "abc\u202etxt.exe\u2066",
    "\0\x7f",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_text_steers_no_terminal_and_breaks_no_line(
    capsys: pytest.CaptureFixture[str], text: str, *, as_json: bool
) -> None:
    row = SentMessage(id=text, recipient=text, error=text, text=text, answer={text: [text]})
    out = shown(capsys, row, as_json=as_json)
    assert all(char.isprintable() for char in out.replace("\n", ""))
    lines = out.splitlines()
    assert len(lines) == (1 if as_json else 2)
    if as_json:
        assert json.loads(lines[0])["answer"] == {text: [text]}


def test_what_can_be_read_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = "Grüße, Ελλάδα, 你好 \U0001f600"
    row = SentMessage(text=text)
    assert text in shown(capsys, row)
    assert text in shown(capsys, row, as_json=True)


def test_a_table_that_no_terminal_shows_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    row = SentMessage(id="i" * 99, text="t" * 99)
    out = shown(capsys, row)
    assert f"  {'t' * 99}\n" in out
    assert "i" * 99 in out
    assert json.loads(shown(capsys, row, as_json=True))["text"] == "t" * 99


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), ("", "-"), (" a \n b ", "a b"), (Status.SENT, "sent")]
)
def test_printable(value: object, text: str) -> None:
    assert printable(value) == text


# --- sends


def test_an_attempt_comes_back_from_what_was_printed() -> None:
    error = OutcomeUnknown("the connection was reset", ATTEMPT)
    assert attempt_of(json.loads(json.dumps(failure(error)))) == ATTEMPT
    assert attempt_of(success(Submission(id=None, attempt=ATTEMPT))) == ATTEMPT


@pytest.mark.parametrize(
    ("error", "more"),
    [
        (NotSent("w", ATTEMPT, retry_after=7.0), {"retry": True, "retry_after": 7.0}),
        (NotSent("w", ATTEMPT, retry=False), {"retry": False}),
        (Rejected("w", ATTEMPT, reason=Reason.OTHER, code="E"), {"reason": "other", "code": "E"}),
        (OutcomeUnknown("w", ATTEMPT), {}),
    ],
)
def test_a_failure_has_what_its_kind_knows(error: NotSent, more: dict[str, Any]) -> None:
    words = {"not_sent": NotSent, "rejected": Rejected, "unknown": OutcomeUnknown}
    document = failure(error)
    assert isinstance(error, words[document.pop("outcome")])
    assert document == {"id": None, "error": "w", **more, **attempt_words(ATTEMPT)}


def test_what_took_several_tries_says_how_many() -> None:
    error = NotSent("w", ATTEMPT)
    error.tries = 3
    done = Submission(id=None, attempt=ATTEMPT, tries=2)
    assert [failure(error)["tries"], success(done)["tries"]] == [3, 2]


def test_an_id_of_the_provider_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    submission = Submission(id="\x1b[2Jid\n2", attempt=ATTEMPT)
    show_submission(submission, as_json=False)
    show_submission(submission, as_json=True)
    out, err = capsys.readouterr()
    assert all(char.isprintable() for char in (out + err).replace("\n", ""))
    assert len(out.splitlines()) == 2
