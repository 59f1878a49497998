"""Logs how each operation ended, with structured extras and nothing private."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.errors import (
    CallerError,
    Outcome,
    SendError,
    SmsbridgeError,
    whereabouts,
    writable,
)
from smsbridge.message import Submission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsbridge.backends.base import Backend
    from smsbridge.backends.group_send import SentEnd
    from smsbridge.errors import Attempt
    from smsbridge.http.exchange import Course, Request, Response, Session
    from smsbridge.message import Message

T = TypeVar("T")

LOG = logging.getLogger("smsbridge")
LOG.addHandler(logging.NullHandler())  # silent unless the application configures it
_LEVELS = {
    Outcome.ACCEPTED: logging.INFO,
    Outcome.NOT_SENT: logging.WARNING,
    Outcome.REJECTED: logging.WARNING,
    Outcome.UNKNOWN: logging.ERROR,
    "refused": logging.DEBUG,  # before any I/O
    "no_answer": logging.WARNING,
    "answered": logging.DEBUG,
}


def log_end(
    course: Course[T], operation: str, backend: Backend, session: Session, reference: str = ""
) -> Course[T]:
    """Run an operation, and log how it ended.

    Its record has the extras ``operation``, ``backend``, ``protocol``, ``outcome``, ``seconds``
    and, where there are any, ``reference``, ``message_id``, ``reason``, ``code`` and ``via``, and
    ``tries`` where there were several. Its text names the member of the backend too, where there is
    one, with its own backend and protocol.
    """
    began = session.monotonic()
    known = {"operation": operation, "backend": backend.name, "protocol": backend.protocol}
    try:
        result = yield from course
    except SmsbridgeError as error:
        _log(known | _of(error, session.monotonic() - began, reference), error)
        raise
    if LOG.isEnabledFor(_LEVELS[_word(result)]):
        _log(known | _of(result, session.monotonic() - began, reference), result)
    return result


def log_ends(
    course: Course[list[SentEnd]],
    operation: str,
    backend: Backend,
    session: Session,
    messages: Sequence[Message],
) -> Course[list[SentEnd]]:
    """Run an operation on several messages, and log how each ended, as `log_end` does."""
    began = session.monotonic()
    known = {"operation": operation, "backend": backend.name, "protocol": backend.protocol}

    def log_each(ends: Sequence[SentEnd]) -> None:
        seconds = session.monotonic() - began
        for message, end in zip(messages, ends, strict=True):
            if LOG.isEnabledFor(_LEVELS[_word(end)]):
                _log(known | _of(end, seconds, message.reference), end)

    try:
        ends = yield from course
    except CallerError as error:
        log_each([error] * len(messages))
        raise
    log_each(ends)
    return ends


def log_answer(request: Request, response: Response, seconds: float) -> None:
    """Log that a request was answered: no path, no query, no body."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    host = request.url.partition("://")[2].partition("/")[0].partition("?")[0]
    extra = {"method": request.method, "host": host, "status": response.status, "seconds": seconds}
    LOG.debug("%s to %s: HTTP %s", request.method, host, response.status, extra=extra)


def _word(end: object) -> str:
    if isinstance(end, Submission | SendError):
        return end.outcome
    if isinstance(end, SmsbridgeError):
        return "refused" if isinstance(end, CallerError) else "no_answer"
    return "answered"


def _of(end: object, seconds: float, reference: str) -> dict[str, Any]:
    said = {"outcome": str(_word(end)), "seconds": round(seconds, 3)}
    if not isinstance(end, Submission | SmsbridgeError):
        return said
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
    return said | words | ({"tries": tries} if tries > 1 else {})


def _attempt(end: object) -> Attempt | None:
    return end.attempt if isinstance(end, Submission | SendError) else None


def _log(extra: dict[str, Any], end: object) -> None:
    attempt = _attempt(end)
    where = f"{extra['backend']} over {extra['protocol']}"
    if attempt and attempt.via:
        where = whereabouts(replace(attempt, reference=""))
    text = "%(operation)s: %(outcome)s (%(where)s)"
    LOG.log(_LEVELS[extra["outcome"]], text, extra | {"where": where}, extra=extra)
