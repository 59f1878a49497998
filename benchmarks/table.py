"""What came of a benchmark, as a record for JSON, and as the rows of a table with goals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.rounds import FEWEST, Taken

_LARGE = 1000
PACE = 15.0
"""Milliseconds of CPU in which Python started where the goals were set; elsewhere it takes more."""
Record = Mapping[str, Any]
"""What came of one benchmark: everything that table and plot show."""
UNVARIED = {"MB at most", "times"}
"""Units of what is the same in each round, so that one is enough."""
TOO_SHORT = "too short to be measured: give a larger --count"
"""Why there is no median where the clock of CPU time didn't advance."""
START, END = "<!-- {name} -->", "<!-- /{name} -->"


class Measure(StrEnum):
    """What a goal compares."""

    RATIO = "ratio"
    """Ours by the other's."""
    TIMES_BETTER = "times better"
    """The other's by ours."""
    ABOVE = "above"
    """Ours, less the other's."""
    ALONE = "alone"
    """Ours."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is to be reached: at most ``goal``, or at least where ``Measure`` is TIMES_BETTER.

    ``before``: what it was before the work on it began. ``llhttp``: what was seen once with sockets
    of our own and llhttp's parser, which nobody keeps. ``why``: why it is behind, if it is.
    """

    title: str
    ours: str
    versus: str = ""
    goal: float
    before: str = "-"
    llhttp: str = "-"
    measure: Measure = Measure.RATIO
    why: str = ""

    def value(self, medians: Mapping[str, float | None]) -> float | None:
        """Return what was measured, None where one of the two is not there."""
        ours = medians.get(self.ours)
        versus = medians.get(self.versus) if self.versus else 0.0
        if ours is None or versus is None:
            return None
        match self.measure:
            case Measure.RATIO:
                return ours / versus
            case Measure.TIMES_BETTER:
                return versus / ours
            case Measure.ABOVE:
                return ours - versus
            case Measure.ALONE:
                return ours

    def at_pace(self, value: float, found: Record) -> float:
        """Return what was measured as it would be where the goals were set: a ratio as it is."""
        is_time = self._is_absolute and found["unit"] not in UNVARIED
        pace = found.get("pace") if is_time else None
        return value * PACE / pace if pace else value

    def reached(self, value: float) -> bool:
        """Return whether a value is at least as good as the goal."""
        return value >= self.goal if self._least else value <= self.goal

    @property
    def _least(self) -> bool:
        return self.measure is Measure.TIMES_BETTER

    def words(self, unit: str) -> str:
        """Return the goal in words, such as ``≤ 0.65``."""
        return f"{'≥' if self._least else '≤'} {in_digits(self.goal)}{self._unit(unit)}"

    def show(self, value: float | None, unit: str) -> str:
        """Return what was measured, in words."""
        return "not there" if value is None else f"{in_digits(value)}{self._unit(unit)}"

    @property
    def _is_absolute(self) -> bool:
        return self.measure in {Measure.ABOVE, Measure.ALONE}

    def _unit(self, unit: str) -> str:
        return f" {unit.partition(' ')[0]}" if self._is_absolute else ""


def in_digits(value: float) -> str:
    """Return a number with three digits that count, or all those before the point."""
    return f"{value:.3g}" if abs(value) < _LARGE else f"{value:,.0f}"


def record(  # noqa: PLR0913  (each is a part of what is written)
    *,
    title: str,
    unit: str,
    base: str,
    rounds: int,
    count: int,
    versions: Mapping[str, str],
    taken: Mapping[str, Taken],
    scale: float,
    pace: float,
) -> Record:
    """Return what came of a benchmark; times are in its unit.

    ``pace``: the milliseconds of CPU in which Python started meanwhile.
    """
    return {
        "title": title,
        "unit": unit,
        "base": base,
        "rounds": rounds,
        "count": count,
        "pace": round(pace, 1),
        "versions": dict(versions),
        "taken": {name: _taken_record(one, scale) for name, one in taken.items()},
    }


def _taken_record(one: Taken, scale: float) -> Record:
    if one.median is None:
        return {"reason": one.reason}
    median = round(one.median * scale, 3)
    if median <= 0:
        return {"reason": TOO_SHORT}
    return {"median": median, "rounds": [round(sample * scale, 3) for sample in one.samples]}


def medians(of: Record) -> dict[str, float | None]:
    """Return the medians of a record, by name."""
    return {name: one.get("median") for name, one in of["taken"].items()}


def goal_rows(
    records: Mapping[str, Record], goals: Mapping[str, Sequence[Goal]]
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each goal of the benchmarks that have a record."""
    yield ("benchmark", "path", "before", "goal", "measured", "", "with llhttp")
    for name, of_name in goals.items():
        if name not in records:
            continue
        found = records[name]
        unit = found["unit"]
        for goal in of_name:
            value = goal.value(medians(found))
            if value is None:
                said = _reasons(found, goal)
            else:
                paced = goal.at_pace(value, found)
                said = "reached" if goal.reached(paced) else f"behind{_because(goal.why)}"
            shown = goal.show(value, unit)
            if value is not None and paced != value:
                shown = f"{goal.show(paced, unit)} ({shown} here)"
            yield (name, goal.title, goal.before, goal.words(unit), shown, said, goal.llhttp)


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _reasons(found: Record, goal: Goal) -> str:
    names = (name for name in (goal.ours, goal.versus) if name)
    reasons = (found["taken"].get(name, {}).get("reason", "") for name in names)
    return next((reason for reason in reasons if reason), "")


def peer_rows(found: Record) -> Iterator[tuple[str, ...]]:
    """Yield a row for each peer of a record, the quickest first; what is left out comes last."""
    base = medians(found).get(found["base"]) if found["base"] else None
    yield (f"{found['title']} ({_extent(found)})", unit_of(found))
    there = [(name, value) for name, value in medians(found).items() if value is not None]
    for name, value in sorted(there, key=lambda pair: pair[1]):
        yield (name, in_digits(value / base if base else value))
    for name, one in found["taken"].items():
        if "reason" in one:
            yield (name, one["reason"])


def _extent(found: Record) -> str:
    rounds = f"{found['rounds']} rounds" if found["rounds"] > 1 else "1 round"
    return f"{rounds} of {found['count']:,}" if found["count"] > 1 else rounds


def unit_of(found: Record) -> str:
    """Return what the values of a record are shown in: its unit, or multiples of its base."""
    if medians(found).get(found["base"]):
        return f"\N{MULTIPLICATION SIGN} {found['base']}"
    return str(found["unit"])


def caution(found: Record) -> str:
    """Return what speaks against a record; empty if nothing does."""
    if found["rounds"] >= FEWEST or found["unit"] in UNVARIED:
        return ""
    return f"{found['title']}: only {found['rounds']} of at least {FEWEST} rounds"


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a table of Markdown; the first is its head."""
    head, *others = rows
    lines = [f"| {' | '.join(row)} |" for row in others]
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines])


def insert(page: str, name: str, text: str) -> str:
    """Return a page with a text between the two marks of a name."""
    start, end = START.format(name=name), END.format(name=name)
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no {start} … {end}")
    return f"{before}{start}\n{text}\n{end}{after}"


def version_line(records: Iterable[Record]) -> str:
    """Return what was compared by which version, and what speaks against a record."""
    every = list(records)
    versions = {name: found for one in every for name, found in one["versions"].items()}
    said = ", ".join(f"{name} {found}" for name, found in versions.items())
    return "\n".join([f"Versions: {said}.", *filter(None, map(caution, every))])
