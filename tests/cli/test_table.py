"""A table fits the terminal, is whole elsewhere, and has colours where they help."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.cells import cell_len

from smsbridge.cli.table import colour, fit, fold, show_table

from support.each import each

NAMES = ("at", "id", "recipient", "status", "error", "text")
ID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
LONG = "Your parcel is on its way and will be there between nine and eleven tomorrow " * 3
ROWS = [
    ["2027-01-31 09:30:00Z", ID, "+12025550123", "undelivered", "the operator refused it", LONG],
    ["2027-01-31 09:30:00Z", ID, "+447700900123", "sent", "-", "你好" * 40],
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def before_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stand before a terminal that has colours."""
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def lines_of(screen: Terminal) -> list[str]:
    plain = re.sub("\x1b\\[[0-9;]*m", "", screen.getvalue())
    screen.seek(0)
    screen.truncate()
    return plain.splitlines()


def test_at_80_120_and_160_columns_a_row_is_a_line_and_what_is_cut_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = before_terminal(monkeypatch)
    for columns in (80, 120, 160):
        monkeypatch.setenv("COLUMNS", str(columns))
        show_table(NAMES, ROWS)
        lines = lines_of(terminal)
        assert len(lines) == 3
        assert max(map(cell_len, lines)) <= columns
        assert max(map(cell_len, lines)) > columns - 3, "no room is wasted"
        assert all(line.endswith("…") for line in lines[1:])
        for whole in ("2027-01-31 09:30:00Z  ", "  +12025550123 ", "  undelivered  "):
            assert whole in lines[1]
        assert (ID in lines[1]) == (columns > 80)


def test_what_fits_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = before_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "40")
    show_table(("id", "text"), [["1", "Hello"]])
    assert lines_of(terminal) == ["id  text", "1   Hello"]


def test_the_texts_give_way_before_the_ids_and_both_before_the_rest() -> None:
    wide = [20, 40, 13, 11, 23, 200]
    assert fit(NAMES, wide, 140) == [20, 40, 13, 11, 23, 23]
    assert fit(NAMES, wide, 115) == [20, 40, 13, 11, 10, 11]
    assert fit(NAMES, wide, 100) == [20, 30, 13, 11, 8, 8]
    assert sum(fit(NAMES, wide, 60)) + 10 == 60
    assert fit(NAMES, wide, 5) == [1] * 6


def test_where_there_is_no_terminal_a_table_is_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    show_table(NAMES, ROWS)
    out = capsys.readouterr().out
    assert LONG.rstrip() in out
    assert "\x1b" not in out


@each(
    ("word", "code"),
    [
        ("accepted", 32),
        ("sent  ", 32),
        ("delivered", 32),
        ("not_sent", 33),
        ("rejected", 31),
        ("undelivered", 31),
        ("unknown", 35),
    ],
)
def test_on_a_terminal_an_outcome_has_its_colour(
    monkeypatch: pytest.MonkeyPatch, word: str, code: int
) -> None:
    terminal = before_terminal(monkeypatch)
    assert colour(word) == f"\x1b[{code}m{word}\x1b[0m"
    assert colour("queued") == "queued"
    show_table(("outcome", "text"), [[word.strip(), word.strip()]])
    assert terminal.getvalue().count(f"\x1b[{code}m") == 1, "a text has none"


@each(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_may_want_no_colours(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    before_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert colour("accepted") == "accepted"


def test_where_there_is_no_terminal_there_are_no_colours() -> None:
    assert colour("accepted") == "accepted"


def test_a_line_goes_on_below_its_own_words_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead = "note  account  "
    assert fold(lead, LONG) == lead + LONG
    before_terminal(monkeypatch)
    for columns in (80, 120, 160):
        monkeypatch.setenv("COLUMNS", str(columns))
        first, *more = fold(lead, LONG).splitlines()
        assert max(map(len, (first, *more))) <= columns
        assert first.startswith(f"{lead}Your parcel")
        assert all(line.startswith(" " * len(lead)) and line[len(lead)] != " " for line in more)
    monkeypatch.setenv("COLUMNS", "10")
    assert fold(lead, LONG) == lead + LONG, "where there is no room at all"
