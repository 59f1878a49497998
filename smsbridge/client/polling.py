"""Asks repeatedly until there is a result, or the time is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from smsbridge.errors import CallRecord, InvalidMessage, NoAnswer
from smsbridge.http.exchange import Pause

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Course, Session

T = TypeVar("T")

MOST_SECONDS = 86_400
_FIRST, _FACTOR, _MOST = 1.0, 1.5, 30.0  # seconds between two questions


def poll(
    ask: Callable[[], Course[tuple[T | None, Sequence[CallRecord]]]],
    last: Callable[[], str],
    seconds: float,
    backend: Backend,
    session: Session,
) -> Course[T]:
    """Return the first thing that ``ask`` finds; raises `NoAnswer` when the time is up.

    ``ask`` returns it, or None, with the exchange. ``last`` returns what was last known. A question
    that got no answer is asked again if that may help.
    """
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= MOST_SECONDS:
        raise InvalidMessage(f"timeout: give seconds, from 0 to {MOST_SECONDS}")
    end = session.monotonic() + seconds
    pause, trouble = _FIRST, ""
    said: Sequence[CallRecord] = ()
    while True:
        wait = pause
        try:
            found, said = yield from ask()
            trouble = ""
        except NoAnswer as error:
            if not error.retry:
                raise
            found, trouble, wait = None, error.why, error.retry_after or pause
            said = error.exchange
        if found is not None:
            return found
        left = end - session.monotonic()
        if left <= 0:
            why = trouble or f"{last()} after {seconds:g} s"
            late = NoAnswer(why, backend.name, protocol=backend.protocol)
            late.exchange = said
            raise late
        yield Pause(min(wait, left))
        pause = min(pause * _FACTOR, _MOST)
