"""What a run has written down so far, read without changing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smsbridge.cli.bulk.journal import beside
from smsbridge.cli.bulk.journal_lines import Line, unknown_line
from smsbridge.cli.bulk.jsonl import read_whole_lines
from smsbridge.errors import CallerError, Outcome

_FLYING = "in flight, now or when the run ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``rows``: the messages of the CSV. ``lines``: by index, the result of each that was tried.

    ``attempts``: by index, the last attempt, where it is known.
    """

    rows: int
    lines: dict[int, Line]
    attempts: dict[int, Line]


def read_run(results: Path) -> Run:
    """Return what the files of a run say. Raises `CallerError` for what no run wrote."""
    path = results.resolve()
    rows = 0
    attempts: dict[int, Line] = {}
    flying: dict[int, Line] = {}
    if beside(path).exists():  # first: what ends meanwhile is among the results then
        rows, attempts, flying = _read_intents(beside(path))
    lines: dict[int, Line] = {}
    for number, line in enumerate(read_whole_lines(path), 1):
        outcome, index = line.get("outcome"), line.get("index")
        if outcome not in list(Outcome) or not isinstance(index, int):
            raise CallerError(
                f"{results}, line {number}: not a result of send-many: give the file of its --out"
            )
        lines[index] = {"id": None, **line}
    for index, attempt in flying.items():
        lines.setdefault(index, {**unknown_line(attempt), "error": _FLYING})
    return Run(rows=max(rows, len(lines)), lines=lines, attempts=attempts)


def _read_intents(path: Path) -> tuple[int, dict[int, Line], dict[int, Line]]:
    """Return the number of messages, the last attempt of each, and those that are not over."""
    lines = read_whole_lines(path)
    rows: Any = (next(lines, None) or {}).get("rows")
    if not isinstance(rows, int):
        raise CallerError(f"{path} has no header written by smsbridge")
    attempts: dict[int, Line] = {}
    flying: dict[int, Line] = {}
    for line in lines:
        index = line.get("index", -1)
        if "ended" in line:
            flying.pop(index, None)
        else:
            attempts[index] = flying[index] = line
    return rows, attempts, flying
