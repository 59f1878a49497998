"""The exit codes: which outcome each of them carries."""

from __future__ import annotations

from enum import IntEnum

from smsbridge.errors import AuthenticationFailed, CallerError, Outcome, SendError


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    ERROR = 1
    REFUSED = 2  # before any I/O
    UNKNOWN = 3
    AUTHENTICATION = 4
    NOT_SENT = 5
    REJECTED = 6
    DRIFT_ADDED = 10
    DRIFT_CHANGED = 11
    DRIFT_REMOVED = 12


EXIT_OF = {
    Outcome.UNKNOWN: Exit.UNKNOWN,
    Outcome.NOT_SENT: Exit.NOT_SENT,
    Outcome.REJECTED: Exit.REJECTED,
    Outcome.ACCEPTED: Exit.DONE,
}
"""By the outcome of a send; of several sends the first that there is."""


def exit_of(error: Exception) -> Exit:
    """Return the exit code of an error."""
    if isinstance(error, CallerError):
        return Exit.REFUSED
    if isinstance(error, AuthenticationFailed):
        return Exit.AUTHENTICATION
    return EXIT_OF[error.outcome] if isinstance(error, SendError) else Exit.ERROR
