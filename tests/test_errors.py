"""The tree of errors: each says what happened, to which backend, and what may be done next."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime

from smsbridge import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    ConfigError,
    InvalidMessage,
    MissingExtra,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    SmsbridgeError,
    Unsupported,
)
from smsbridge.errors import whereabouts

from support.each import each

ATTEMPT = Attempt(
    backend="acme",
    protocol="soap",
    reference="order-4711",
    started=datetime(2030, 1, 1, tzinfo=UTC),
)
ERRORS = (
    NotSent("refused", ATTEMPT),
    NotSent("no such host", ATTEMPT, retry=False),
    NotSent("HTTP 429", ATTEMPT, retry_after=7.0),
    Rejected("HTTP 400", ATTEMPT, reason=Reason.REQUEST, code="12"),
    AuthenticationFailed("HTTP 403", ATTEMPT, reason=Reason.AUTHENTICATION),
    OutcomeUnknown("reset", ATTEMPT),
)


@each("kind", [InvalidMessage, ConfigError, Unsupported, MissingExtra])
def test_what_is_refused_before_any_io_is_a_caller_error(kind: type[Exception]) -> None:
    assert issubclass(kind, CallerError)
    assert not issubclass(kind, SendError)


@each("error", ERRORS)
def test_a_send_error_names_the_backend_the_protocol_and_the_reference(error: SendError) -> None:
    assert isinstance(error, SmsbridgeError)
    assert "acme over soap, reference order-4711" in str(error)
    assert error.why in str(error)


ADVICE = (
    "a repeat is safe",
    "until the cause is fixed",
    "safe after 7 s",
    "reason: request",
    "Check the credentials",
    "before any repeat",
)


HEADLINES = (
    *["Not sent"] * 3,
    "Rejected",
    "Authentication failed",
    "Outcome unknown",
)


@each(("error", "headline"), list(zip(ERRORS, HEADLINES, strict=True)))
def test_a_send_error_begins_with_how_it_ended(error: SendError, headline: str) -> None:
    assert str(error).startswith(headline)


@each(("error", "advice"), list(zip(ERRORS, ADVICE, strict=True)))
def test_a_send_error_says_what_may_be_done_next(error: SendError, advice: str) -> None:
    assert advice in str(error)


def test_only_an_unknown_outcome_says_that_the_message_may_have_been_sent() -> None:
    told = [error for error in ERRORS if "may have been sent" in str(error)]
    assert [type(error) for error in told] == [OutcomeUnknown]


@each("error", ERRORS)
def test_a_send_error_survives_a_process_boundary(error: SendError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.attempt) == (str(error), error.attempt)
    assert vars(again) == vars(error)


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = MissingExtra("async", "AsyncClient")
    assert error.command == "pip install '.[async]'"
    assert str(error) == (
        f"AsyncClient needs the extra 'async'; from a checkout of smsbridge: {error.command}"
    )
    assert isinstance(error, ImportError)


def test_a_missing_extra_survives_a_process_boundary() -> None:
    error = MissingExtra("async", "AsyncClient")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_reasons_that_another_backend_may_not_share_are_five() -> None:
    assert [reason for reason in Reason if reason.elsewhere] == [
        Reason.SENDER,
        Reason.AUTHENTICATION,
        Reason.ACCOUNT,
        Reason.QUOTA,
        Reason.RATE,
    ]


def test_an_attempt_has_neither_fingerprint_nor_part_unless_it_is_told() -> None:
    assert (ATTEMPT.fingerprint, ATTEMPT.via) == ("", "")


def test_a_send_error_names_the_member_that_made_the_attempt() -> None:
    error = NotSent("HTTP 429", replace(ATTEMPT, via="reserve"))
    assert "(reserve, acme over soap, reference order-4711)" in str(error)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


@each(
    ("error", "says"),
    [
        (NoAnswer("HTTP 500", "acme"), "No answer: HTTP 500 (acme). Asking again is safe."),
        (
            NoAnswer("HTTP 500", "acme", protocol="soap"),
            "No answer: HTTP 500 (acme over soap). Asking again is safe.",
        ),
        (
            NoAnswer("HTTP 429", "acme", retry_after=7.0),
            "No answer: HTTP 429 (acme). Asking again is safe after 7 s.",
        ),
        (
            NoAnswer("no such host", "acme", retry=False),
            "No answer: no such host (acme). Asking again will fail the same way.",
        ),
    ],
)
def test_no_answer_says_whether_to_ask_again_and_survives_a_process_boundary(
    error: NoAnswer, says: str
) -> None:
    assert str(error) == says
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), vars(again)) == (says, vars(error))
    assert not isinstance(error, SendError)


def test_where_an_attempt_was_made_can_be_written_to_any_log() -> None:
    odd = Attempt(
        backend="a",
        protocol="b\n",
        reference="é",
        started=datetime(2030, 1, 1, tzinfo=UTC),
        via="\ud800",
    )
    assert whereabouts(odd) == "'\\ud800', a over 'b\\n', reference é"
