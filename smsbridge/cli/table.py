"""A table as a terminal can show it: as wide as the screen, and coloured where that helps."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from smsbridge.cli.streams import put
from smsbridge.errors import Outcome
from smsbridge.message import Status

_GAP = "  "
_GIVE_WAY = (("error", "text", "title", "what"), ("kinds",), ("id", "reference"))
"""Which columns are cut if there is no room: the first as far as it helps, then the next."""

_LEAST = 8
_COLOURS: Mapping[str, str] = {
    Outcome.ACCEPTED: "green",
    Outcome.NOT_SENT: "yellow",
    Outcome.REJECTED: "red",
    Outcome.UNKNOWN: "magenta",
    Status.SENT: "green",
    Status.DELIVERED: "green",
    Status.READ: "green",
    Status.UNDELIVERED: "red",
    Status.EXPIRED: "red",
    "ok": "green",
    "note": "yellow",
    "WARN": "yellow",
    "FAIL": "red",
}
_COLOURED = ("outcome", "status")


def show_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: on a terminal what is too long is cut with …, elsewhere it is whole."""
    from rich.cells import cell_len, set_cell_size

    wide = [max(map(cell_len, cells)) for cells in zip(names, *rows, strict=True)]
    screen = screen_width()
    if screen is not None:
        wide = fit(names, wide, screen)
    for cells in (names, *rows):
        shown = []
        for name, cell, width in zip(names, cells, wide, strict=True):
            whole = cell_len(cell) <= width
            text = set_cell_size(cell, width) if whole else f"{set_cell_size(cell, width - 1)}…"
            shown.append(colour(text) if name in _COLOURED else text)
        put(_GAP.join(shown).rstrip())


def fit(names: Sequence[str], wide: Sequence[int], screen: int) -> list[int]:
    """Return widths with which a row fits a screen, if it can; the widest columns give way."""
    room = screen - len(_GAP) * (len(wide) - 1)
    found = [min(width, screen) for width in wide]
    for group in (*_GIVE_WAY, tuple(names)):
        cut = [at for at, name in enumerate(names) if name in group]
        least = 1 if group == tuple(names) else _LEAST
        while sum(found) > room and cut:
            widest = max(cut, key=lambda at: found[at])
            if found[widest] <= max(least, 1 if least == 1 else len(names[widest])):
                break
            found[widest] -= 1
    return found


def colour(word: str) -> str:
    """Return a word in its colour, blanks around it or not, if it has one and stdout shows it."""
    shade = _COLOURS.get(word.strip()) if _has_colours() else None
    return click.style(word, fg=shade) if shade else word


def fold(lead: str, text: str) -> str:
    """Return a line; on a terminal what is too long goes on below, as far in as its text."""
    screen = screen_width()
    if screen is None or len(lead) + _LEAST > screen:
        return lead + text
    return textwrap.fill(
        text,
        screen,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def screen_width() -> int | None:
    """Return how wide the terminal of stdout is; None if it is not a terminal."""
    return shutil.get_terminal_size().columns if _is_terminal() else None


def _has_colours() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return _is_terminal() and not plain


def _is_terminal() -> bool:
    with suppress(ValueError):  # it is closed, which is said when it is written
        return sys.stdout is not None and sys.stdout.isatty()
    return False
