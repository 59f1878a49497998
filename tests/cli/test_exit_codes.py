"""Each outcome has its exit code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsbridge import (
    Attempt,
    AuthenticationFailed,
    ConfigError,
    InvalidMessage,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Unsupported,
)
from smsbridge.cli.exit_codes import Exit, exit_of

ATTEMPT = Attempt(backend="a", protocol="rest", reference="r", started=datetime.now(UTC))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("w"), 2),
        (InvalidMessage("w"), 2),
        (Unsupported("w"), 2),
        (OutcomeUnknown("w", ATTEMPT), 3),
        (AuthenticationFailed("w", ATTEMPT, reason=Reason.AUTHENTICATION), 4),
        (NotSent("w", ATTEMPT), 5),
        (Rejected("w", ATTEMPT, reason=Reason.OTHER), 6),
        (NoAnswer("w", "a"), 1),
        (ValueError("w"), 1),
    ],
)
def test_an_error_has_the_code_of_its_outcome(error: Exception, code: int) -> None:
    assert exit_of(error) == code


def test_every_code_is_another() -> None:
    assert [*Exit] == [*range(7), 10, 11, 12]
