"""The tables of docs/faults.md, made from the faults and numbers that the tests go through.

Run it to write them anew: ``.venv/bin/python tests/support/fault_tables.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from smsbridge.errors import Outcome
from smsbridge.testing.faults.table import FAULTS, Ending, Entry, fault
from smsbridge.testing.mock.magic_numbers import RULES, Rule

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def faults_table() -> str:
    """Return the table of faults, by number."""
    rows = sorted(FAULTS.values(), key=lambda entry: entry.number)
    return table(("", "name", "what happens", "outcome", "also"), map(fault_row, rows))


def fault_row(entry: Entry) -> tuple[str, ...]:
    name = f"**{entry.name}**" if entry.answers else entry.name
    ways = ", ".join(f"`{way}`" for way in entry.ways if way)
    what = f"{entry.what} ({ways})" if ways else entry.what
    return entry.number, name, what, outcomes(entry), entry.also


def outcomes(entry: Entry) -> str:
    """Return the outcome of a fault, or those of its ways."""
    ways: dict[str, list[str]] = {}
    for way, ends in entry.ways.items():
        ways.setdefault(ending(ends), []).append(f"`{way}`")
    if len(ways) == 1:
        return next(iter(ways))
    return "; ".join(f"{', '.join(which)}: {ended}" for ended, which in ways.items())


def ending(ends: Ending) -> str:
    if ends.outcome is None:
        return "by the bytes that left"
    word = ends.outcome.replace("_", " ")
    if ends.reason:
        return f"{word} ({ends.reason})"
    if ends.wait:
        return f"{word}, `.retry_after`"
    never = ends.outcome is Outcome.NOT_SENT and not ends.retry
    return f"{word}, `.retry` false" if never else word


def recipients_table() -> str:
    """Return the table of the numbers that the mock answers in a way of their own."""
    rules = (RULES[digits] for digits in sorted(RULES))
    return table(("recipient", "what happens", "outcome", "fault"), map(rule_row, rules))


def rule_row(rule: Rule) -> tuple[str, ...]:
    ended = ending(fault(rule.fault).ends) if rule.fault else str(Outcome.ACCEPTED)
    return f"`{rule.recipient}`", rule.what, ended, f"`{rule.fault}`" if rule.fault else ""


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES = {"faults": faults_table, "recipients": recipients_table}


def written(text: str) -> str:
    """Return a page with its tables as they are now."""
    for name, render in TABLES.items():
        begin, end = f"<!-- {name} -->\n\n", f"\n\n<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise ValueError(f"{PAGE.name} has no place for {name}")
        text = before + begin + render() + end + after
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
