"""What a provider was seen to answer: with which HTTP status, and which words as numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.backends.catalogue import entry_of
from smsbridge.codecs.answer_format import read_words
from smsbridge.codecs.rest import Rest
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import at

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

_OK = 200
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """An answer over REST. ``reason``: why it refused; None where it took the message."""

    words: Mapping[str, Any]
    status: int
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class SeenAnswers:
    """The answers to a send in the examples of a file of the catalogue; none for other backends."""

    answers: tuple[SeenAnswer, ...] = ()

    @classmethod
    def of(cls, backend: Backend) -> SeenAnswers:
        """Return those of a backend."""
        entry = entry_of(type(backend))
        codecs = (one.codec for one in backend.protocols.values())
        codec = next((one for one in codecs if isinstance(one, Rest)), None)
        if entry is None or codec is None:
            return cls()
        found: list[SeenAnswer] = []
        for one in entry.examples:
            given, expect = one["response"], one["expect"]
            if expect["outcome"] not in ("accepted", "rejected"):
                continue
            body = json.dumps(given["json"]) if "json" in given else given.get("text", "")
            answer, words = Response(status=given["status"], body=body.encode()), dict[str, Any]()
            with suppress(Unreadable):  # such as no body
                words = dict(read_words(codec.answer, answer, backend.site()))
            reason = (
                Reason(expect.get("reason", Reason.OTHER))
                if expect["outcome"] == "rejected"
                else None
            )
            found.append(SeenAnswer(words, given["status"], reason))
        return cls(tuple(found))

    def status_of_yes(self) -> int:
        """Return the status of an answer that a message was taken."""
        return next((one.status for one in self.answers if one.reason is None), _OK)

    def status_of_no(self, path: str, word: str, reason: Reason) -> int:
        """Return the status of an answer that refuses a message by a word for a reason.

        If neither was seen it is that of another reason, but never says that credentials are wrong.
        """
        refusals = [one for one in self.answers if one.reason is not None]
        others = [one for one in refusals if one.reason is not Reason.AUTHENTICATION]
        by_word = [one for one in refusals if text(at(one.words, path)) == word]
        by_reason = [one for one in refusals if one.reason is reason]
        if nearest := by_word or by_reason or others:
            return nearest[0].status
        return _BAD_REQUEST if any(one.status > _BAD_REQUEST for one in refusals) else _OK

    def typed(self, path: str, word: Any) -> Any:
        """Return a word as a number or a boolean of JSON where one was seen at its path."""
        seen = next((got for one in self.answers if (got := at(one.words, path)) is not None), "")
        if isinstance(seen, bool):
            return {"true": True, "false": False}.get(word, word)
        number = isinstance(seen, int | float) and text(word).removeprefix("-")
        return int(word) if number and number.isascii() and number.isdecimal() else word


UNSEEN = SeenAnswers()
"""Those of a provider of which none is known."""
