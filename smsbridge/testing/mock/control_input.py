"""What a control URL is given, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.message import UNSENDABLE

_LONGEST_NUMBER = 20


class BadAsk(ValueError):
    """A request to a control URL that can't be done; ``status`` is that of its answer."""

    status = 400


class NoSuch(BadAsk):
    """A request about something that the lane doesn't have."""

    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parameters of a query, the JSON object of a body, and the id that a path names.

    ``last``: the number of the last event that a listener has.
    """

    parameters: Mapping[str, str]
    given: Mapping[str, Any]
    known: str = ""
    last: str = ""

    def seconds(self, name: str, most: float) -> float:
        """Return a parameter that is a number of seconds; 0 if it is absent."""
        return number(name, _as_number(self.parameters.get(name, "0")), most)

    def number(self, name: str, most: float) -> float:
        """Return a key that is a number; it must be there."""
        return number(name, self.given.get(name), most)

    def text(self, name: str) -> str:
        """Return a key that is a text; empty if it is absent."""
        word = self.given.get(name, "")
        if not isinstance(word, str) or UNSENDABLE.search(word):
            raise BadAsk(f"{name} is not text: give one without NUL, in quotes")
        return word


def number(name: str, given: object, most: float) -> float:
    """Return a number from 0 to ``most``; raises `BadAsk` for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= most:
        raise BadAsk(f"{name}: give a number from 0 to {most:.15g}")
    return given


def _as_number(word: str) -> object:
    try:
        return float(word) if len(word) <= _LONGEST_NUMBER else word
    except ValueError:
        return word
