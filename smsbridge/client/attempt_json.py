"""Converts an attempt to plain words for JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Any

from smsbridge.errors import Attempt, InvalidMessage

_NAMES = tuple(one.name for one in fields(Attempt))


def attempt_words(attempt: Attempt) -> dict[str, str]:
    """Return an attempt as words: the time in ISO 8601, and ``via`` only if there is one."""
    words = {name: getattr(attempt, name) for name in _NAMES}
    words["started"] = attempt.started.isoformat()
    return {name: word for name, word in words.items() if word or name != "via"}


def attempt_of(line: Mapping[str, Any]) -> Attempt:
    """Return the attempt that `attempt_words` gave, among other keys; raises `InvalidMessage`."""
    words = {name: line.get(name, "") for name in _NAMES}
    started = read_time(words.pop("started"))
    texts = all(isinstance(word, str) for word in words.values())
    if started is None or not texts or not words["backend"]:
        raise InvalidMessage(
            "a line is not an attempt: give what smsbridge send --json printed, or the results of "
            "send-many"
        )
    return Attempt(**words, started=started)


def read_time(given: Any) -> datetime | None:
    """Return the time in a text of ISO 8601 with a time zone, else None."""
    with suppress(ValueError, TypeError):
        time = datetime.fromisoformat(given)
        return time if time.tzinfo is not None else None
    return None
