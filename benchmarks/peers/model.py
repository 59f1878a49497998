"""A peer: what it is called, what it needs, how it sends; and what all of them share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.target import ID, Place

Send = Callable[[int], object]
"""Sends that many messages."""
Peer = Callable[[Place], Iterator[Send]]
"""A generator that opens what it needs, yields a `Send` once, and closes what it opened."""

KEY = "benchmark-key"
IN_FLIGHT = 64
_numbers = itertools.count()


class NotThere(Exception):
    """What is to be measured is not in this version, or not installed here."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A peer and what it is known by.

    ``packages``: what pip installs for it. ``share``: it is so slow that so few of the sends are
    enough, one in ``share``.
    """

    name: str
    run: Peer
    packages: tuple[str, ...] = ()
    share: int = 1


def message(number: int) -> tuple[str, str]:
    """Return a number and a text; the text is another for each, the numbers are nobody's."""
    return f"+12025550{100 + number % 100}", f"Your code is {number:06}"


def next_message() -> tuple[str, str]:
    """Return another number and text each time, so that nothing can be kept."""
    return message(next(_numbers))


def next_fields() -> dict[str, str]:
    """Return the fields of a message, as SMSMobileAPI's form has them."""
    recipient, text = next_message()
    return {"recipients": recipient, "message": text, "apikey": KEY}


def check(answer: Any) -> None:
    """Look at the mark of success and the id in an answer, as every user of one does."""
    if answer["result"]["error"] != "0" or answer["result"]["id"] != ID:
        raise AssertionError(f"an answer of another kind: {answer!r}")


def check_id(submission: Any) -> None:
    """Look at the id of a submission."""
    if submission.id != ID:
        raise AssertionError(f"a submission of another kind: {submission!r}")


def in_turn(send: Callable[[], object]) -> Send:
    """Return what sends one message after the other."""

    def send_all(count: int) -> None:
        for _ in range(count):
            send()

    return send_all


def ours(place: Place, kind: Any = None, **more: Any) -> Any:
    """Return a client of smsbridge, `Client` unless ``kind`` is given, configured as by a block.

    Raises `NotThere` if this version, or what is installed, has not what the block asks for.
    """
    from smsbridge import CallerError, Client

    block = {"backend": "smsmobileapi", "api_key": KEY, "url": place.url, **more}
    if place.ca:
        block["ca"] = place.ca
    try:
        return (kind or Client).from_mapping(block)
    except CallerError as error:
        if not more:
            raise
        raise NotThere(f"not there yet: {str(error).partition(';')[0]}") from error
