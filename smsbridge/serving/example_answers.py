"""A provider's documented answers: their HTTP status, JSON types and exact text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.backends.catalogue import entry_of
from smsbridge.codecs.answer_format import read_words
from smsbridge.codecs.rest import Rest
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import STATUS, TEXT, at

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

_OK = 200
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class ExampleAnswer:
    """An answer over REST. ``reason``: why it refused; None where it took the message.

    ``text``: the whole of it, if it is text.
    """

    words: Mapping[str, Any]
    status: int
    reason: Reason | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExampleAnswers:
    """The answers to a send in a catalogue file's examples; none for other backends."""

    answers: tuple[ExampleAnswer, ...] = ()

    @classmethod
    def of(cls, backend: Backend) -> ExampleAnswers:
        """Return those of a backend."""
        entry = entry_of(type(backend))
        codecs = (one.codec for one in backend.protocols.values())
        codec = next((one for one in codecs if isinstance(one, Rest)), None)
        if entry is None or codec is None:
            return cls()
        found: list[ExampleAnswer] = []
        for one in entry.examples:
            given, expect = one["response"], one["expect"]
            if expect["outcome"] not in ("accepted", "rejected"):
                continue
            plain = given.get("text", "")
            body = json.dumps(given["json"]) if "json" in given else plain
            answer, words = Response(status=given["status"], body=body.encode()), dict[str, Any]()
            with suppress(Unreadable):  # such as no body
                words = dict(read_words(codec.answer, answer, backend.site()))
            reason = (
                Reason(expect.get("reason", Reason.OTHER))
                if expect["outcome"] == "rejected"
                else None
            )
            whole = plain if codec.answer not in ("json", "form", "xml") else ""
            found.append(ExampleAnswer(words, given["status"], reason, whole))
        return cls(tuple(found))

    def status_of_yes(self) -> int:
        """Return the status of an answer that a message was taken."""
        return next((one.status for one in self.answers if one.reason is None), _OK)

    def status_of_no(self, path: str, word: str, reason: Reason) -> int:
        """Return the status of an answer that refuses a message by a word for a reason.

        Without an example of either it is that of another reason, but never of wrong credentials.
        """
        refusals = [one for one in self.answers if one.reason is not None]
        others = [one for one in refusals if one.reason is not Reason.AUTHENTICATION]
        by_word = [one for one in refusals if text(at(one.words, path)) == word]
        by_reason = [one for one in refusals if one.reason is reason]
        if nearest := by_word or by_reason or others:
            return nearest[0].status
        return _BAD_REQUEST if any(one.status > _BAD_REQUEST for one in refusals) else _OK

    def in_its_text(self, answer: Response, words: Mapping[str, Any]) -> Response:
        """Return an answer with the text of an example that says the same words, if any."""
        said = (one.text for one in self.answers if one.text and _is_all(words, one.words))
        whole = next(said, "")
        return replace(answer, body=whole.encode()) if whole else answer

    def in_its_type(self, path: str, word: Any) -> Any:
        """Return a word as a JSON number or boolean if an example has one at its path.

        Without an example, the words *true* and *false* are booleans.
        """
        found = (at(one.words, path) for one in self.answers)
        example = next((one for one in found if one is not None), None)
        if example is None or isinstance(example, bool):
            return {"true": True, "false": False}.get(word, word)
        number = isinstance(example, int | float) and text(word).removeprefix("-")
        return int(word) if number and number.isascii() and number.isdecimal() else word


def _is_all(words: Mapping[str, Any], example: Mapping[str, Any]) -> bool:
    """Return whether an example's text says these words and nothing else."""
    return words.items() <= example.items() and example.keys() - words.keys() <= {STATUS, TEXT}


NO_EXAMPLES = ExampleAnswers()
"""For a provider without examples."""
