"""The lines of a run's two files: how each is made, and what they say of a message together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from smsbridge.errors import Attempt, CallerError
from smsbridge.jsonl import Lines
from smsbridge.many import OutcomeWord

DIED = "in flight when the run ended"
_WORDS = ("", *OutcomeWord)
END = {str(word): number for number, word in enumerate(_WORDS) if word}

Line = dict[str, Any]


@dataclass
class Known:
    """What the lines say of each message, in a byte for each: its end, and whether it may go again.

    ``attempts`` are the last ones of those that have no end, or one of ``kept``.
    """

    ends: bytearray
    over: bytearray
    attempts: dict[int, Line] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: int, results: Lines, intents: Iterable[Line], kept: int = 0) -> Known:
        """Read both files. Raises `CallerError` for what no run wrote."""
        known = cls(ends=bytearray(rows), over=bytearray(rows))
        for line in results.read():
            index, end = known.place(line, results), END.get(str(line.get("outcome")))
            if known.ends[index] or not end:
                raise CallerError(f"{results.path}: index {index} stands there twice, or oddly")
            known.ends[index] = end
        for line in intents:
            index = known.place(line, results)
            known.over[index] = "ended" in line
            if not known.over[index] and known.ends[index] in {0, kept}:
                known.attempts[index] = line
            elif not known.ends[index]:
                known.attempts.pop(index, None)
        return known

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
    return {
        "index": index,
        "reference": attempt.reference,
        "recipient": recipient,
        "started": attempt.started.isoformat(),
        "backend": attempt.backend,
        "protocol": attempt.protocol,
        "fingerprint": attempt.fingerprint,
        **({"via": attempt.via} if attempt.via else {}),
    }


def attempt_of(line: Line) -> Attempt:
    """Return the attempt that a line tells of."""
    return Attempt(
        backend=line["backend"],
        protocol=line["protocol"],
        reference=line["reference"],
        started=datetime.fromisoformat(line["started"]),
        fingerprint=line["fingerprint"],
        via=line.get("via", ""),
    )


def over_line(index: int, how: str) -> Line:
    """Return what is written when the last attempt counts no more: the message may go again."""
    return {"index": index, "ended": how}


def unknown_line(attempt: Line) -> Line:
    """Return the result of an attempt that a run left behind."""
    return {
        "index": attempt["index"],
        "reference": attempt["reference"],
        "recipient": attempt["recipient"],
        "outcome": OutcomeWord.UNKNOWN,
        "id": None,
        "error": DIED,
    }
