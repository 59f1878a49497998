"""The lines of a run's two files: how each is made, and what they say of a message together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from smsbridge.cli.bulk.jsonl import Lines
from smsbridge.client.attempt_json import attempt_words
from smsbridge.errors import Attempt, CallerError, Outcome

DIED = "in flight when the run ended"
_WORDS = ("", *Outcome, Outcome.ACCEPTED)
END = {str(word): number for number, word in enumerate(Outcome, 1)}
NAMELESS = len(END) + 1
"""The end of what was accepted without an id: the log may have its row, but which is unknown."""
_MAY_BE_TAKEN = frozenset({str(Outcome.UNKNOWN), DIED})

Line = dict[str, Any]


@dataclass
class RowStates:
    """What the lines say about each message, in a byte: its end, and whether it may be sent again.

    ``attempts`` are the last ones of those that have no end, or one of ``kept``.
    """

    ends: bytearray
    over: bytearray
    attempts: dict[int, Line] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rows: int, results: Lines, intents: Iterable[Line], kept: Collection[int] = ()
    ) -> RowStates:
        """Read both files. Raises `CallerError` for a line that no run wrote."""
        states = cls(ends=bytearray(rows), over=bytearray(rows))
        for line in results.read():
            index, end = states.place(line, results), END.get(str(line.get("outcome")))
            if states.ends[index] or not end:
                raise CallerError(
                    f"{results.path}: index {index} appears twice, or its line is invalid"
                )
            nameless = end == END[Outcome.ACCEPTED] and not line.get("id")
            states.ends[index] = NAMELESS if nameless else end
        for line in intents:
            index = states.place(line, results)
            states.over[index] = "ended" in line
            if not states.over[index] and states.ends[index] in {0, *kept}:
                states.attempts[index] = line
            elif not states.ends[index]:
                states.attempts.pop(index, None)
        return states

    def other_attempts(self, intents: Callable[[], Iterable[Line]]) -> list[Line]:
        """Return the attempts that may have been taken, though their messages go or went again.

        ``intents`` is read twice, so that only those of such messages are held.
        """
        again = {line["index"] for line in intents() if line.get("ended") in _MAY_BE_TAKEN}
        last: dict[int, Line] = {}
        over: dict[int, Line] = {}
        found: list[Line] = []
        for line in intents() if again else ():
            index = line.get("index", -1)
            if index not in again:
                continue
            if "ended" not in line:
                last[index] = line
                found += [over.pop(index)] if index in over else []
            elif (attempt := last.pop(index, None)) and line["ended"] in _MAY_BE_TAKEN:
                over[index] = attempt
        return found + [line for index, line in over.items() if not self.ends[index]]

    def place(self, line: Line, results: Lines) -> int:
        """Return which message a line is of."""
        index = line.get("index")
        if not isinstance(index, int) or not 0 <= index < len(self.ends):
            raise CallerError(f"{results.path}: there is no message with the index {index!r}")
        return index

    def word(self, index: int) -> str:
        """Return the outcome of a message, empty if it has none yet."""
        return str(_WORDS[self.ends[index]])


def intent_line(index: int, recipient: str, attempt: Attempt) -> Line:
    """Return what is written before a message leaves."""
    return {"index": index, "recipient": recipient, **attempt_words(attempt)}


def over_line(index: int, how: str) -> Line:
    """Return the line for an attempt that no longer counts: the message may be sent again."""
    return {"index": index, "ended": how}


def unknown_line(attempt: Line) -> Line:
    """Return the result of an attempt that a run left behind."""
    return {
        "index": attempt["index"],
        "reference": attempt["reference"],
        "recipient": attempt["recipient"],
        "outcome": Outcome.UNKNOWN,
        "id": None,
        "error": DIED,
    }
