"""What is logged: how each operation ended, with structured extras, and no private word."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.errors import (
    CallerError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    SmsbridgeError,
    whereabouts,
    writable,
)
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.backends.settings import Settings
    from smsbridge.errors import Attempt
    from smsbridge.http.exchange import Course, Request, Response, Session

T = TypeVar("T")

LOG = logging.getLogger("smsbridge")
LOG.addHandler(logging.NullHandler())  # says nothing unless the application asks for it
_WORDS: tuple[tuple[type[SmsbridgeError], str, int], ...] = (
    (NotSent, "not_sent", logging.WARNING),
    (Rejected, "rejected", logging.WARNING),
    (OutcomeUnknown, "unknown", logging.ERROR),
    (CallerError, "refused", logging.DEBUG),
    (SmsbridgeError, "no_answer", logging.WARNING),
)


def told(
    course: Course[T], operation: str, backend: Settings, session: Session, reference: str = ""
) -> Course[T]:
    """Run an operation, and log how it ended.

    Its record has the extras ``operation``, ``backend``, ``protocol``, ``outcome``, ``seconds``
    and, where there are any, ``reference``, ``message_id``, ``reason``, ``code`` and ``via``, and
    ``tries`` where there were several. Its text names the part of the backend too, where there is
    one, with its own backend and protocol.
    """
    began = session.monotonic()
    known = {"operation": operation, "backend": backend.name, "protocol": backend.protocol}
    try:
        result = yield from course
    except SmsbridgeError as error:
        word, level = next((word, level) for kind, word, level in _WORDS if isinstance(error, kind))
        seconds = round(session.monotonic() - began, 3)
        _log(level, known | {"outcome": word, "seconds": seconds} | _of(error, reference), error)
        raise
    ended = {"outcome": "answered", "seconds": round(session.monotonic() - began, 3)}
    if isinstance(result, Submission):
        extra = known | ended | {"outcome": "accepted"} | _of(result, reference)
        _log(logging.INFO, extra, result)
    else:
        _log(logging.DEBUG, known | ended)
    return result


def carried(request: Request, response: Response, seconds: float) -> None:
    """Log that a request was answered: no path, no query, no body."""
    host = request.url.partition("://")[2].partition("/")[0].partition("?")[0]
    extra = {"method": request.method, "host": host, "status": response.status, "seconds": seconds}
    LOG.debug("%s to %s: HTTP %s", request.method, host, response.status, extra=extra)


def _of(end: Submission | SmsbridgeError, reference: str) -> dict[str, Any]:
    attempt = _attempt(end)
    found = {
        "reference": attempt.reference if attempt else reference,
        "message_id": getattr(end, "id", None),
        "reason": getattr(end, "reason", None),
        "code": getattr(end, "code", None),
        "via": attempt.via if attempt else None,
    }
    tries = getattr(end, "tries", 1)
    words = {name: writable(str(value)) for name, value in found.items() if value}
    return words | ({"tries": tries} if tries > 1 else {})


def _attempt(end: Submission | SmsbridgeError | None) -> Attempt | None:
    return end.attempt if isinstance(end, Submission | SendError) else None


def _log(level: int, extra: dict[str, Any], end: Submission | SmsbridgeError | None = None) -> None:
    attempt = _attempt(end)
    where = f"{extra['backend']} over {extra['protocol']}"
    if attempt and attempt.via:
        where = whereabouts(replace(attempt, reference=""))
    text = "%(operation)s: %(outcome)s (%(where)s)"
    LOG.log(level, text, extra | {"where": where}, extra=extra)
