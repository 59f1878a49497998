"""The exit codes: which outcome each of them carries."""

from __future__ import annotations

from enum import IntEnum

from smsbridge.errors import AuthenticationFailed, CallerError, NotSent, OutcomeUnknown, Rejected


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    ERROR = 1
    REFUSED = 2  # before any I/O
    UNKNOWN = 3
    AUTHENTICATION = 4
    NOT_SENT = 5
    REJECTED = 6


_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (CallerError, Exit.REFUSED),
    (OutcomeUnknown, Exit.UNKNOWN),
    (AuthenticationFailed, Exit.AUTHENTICATION),
    (NotSent, Exit.NOT_SENT),
    (Rejected, Exit.REJECTED),
)


def exit_of(error: Exception) -> Exit:
    """Return the exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.ERROR)
