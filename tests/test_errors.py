"""The tree of errors: each says what happened, to which backend, and what may be done next."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from smsbridge import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    ConfigError,
    InvalidMessage,
    MissingExtra,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    SmsbridgeError,
    Unsupported,
)

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


@pytest.mark.parametrize("kind", [InvalidMessage, ConfigError, Unsupported, MissingExtra])
def test_what_is_refused_before_any_io_is_a_caller_error(kind: type[Exception]) -> None:
    assert issubclass(kind, CallerError)
    assert not issubclass(kind, SendError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_send_error_names_the_backend_the_protocol_and_the_reference(error: SendError) -> None:
    assert isinstance(error, SmsbridgeError)
    assert "acme over soap, reference order-4711" in str(error)
    assert error.why in str(error)


ADVICE = (
    "a repeat is safe",
    "until the cause is mended",
    "safe after 7 s",
    "reason: request",
    "Check the credentials",
    "before any repeat",
)


@pytest.mark.parametrize(("error", "advice"), list(zip(ERRORS, ADVICE, strict=True)), ids=ADVICE)
def test_a_send_error_says_what_may_be_done_next(error: SendError, advice: str) -> None:
    assert advice in str(error)


def test_only_an_unknown_outcome_says_that_the_message_may_have_been_sent() -> None:
    told = [error for error in ERRORS if "may have been sent" in str(error)]
    assert [type(error) for error in told] == [OutcomeUnknown]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_send_error_survives_a_process_boundary(error: SendError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.attempt) == (str(error), error.attempt)
    assert vars(again) == vars(error)


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = MissingExtra("async", "AsyncClient")
    assert str(error) == "AsyncClient needs the extra 'async': install 'smsbridge[async]'"
    assert isinstance(error, ImportError)


def test_a_missing_extra_survives_a_process_boundary() -> None:
    error = MissingExtra("async", "AsyncClient")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
