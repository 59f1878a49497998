"""How a CSV is written: its delimiter, its encoding, and which column holds what of a message."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from smsbridge.text.suggest import nearest

NEEDED = ("recipient", "text")
COLUMNS = (*NEEDED, "reference", "sender")
_UTF8 = "utf-8"
_TAB = {"tab", "\\t", "\t"}
_SIGNS = ";,|:^~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a CSV is written.

    ``encoding``: None for UTF-8, or what the mark at the file's start says. ``columns``: the column
    of each field that has another name than its own; if there is one, columns that hold no field
    are left out, and not refused.
    """

    delimiter: str = ","
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> dict[str, Any]:
        """Return what differs from a plain CSV: it decides what the messages of a file are."""
        encoding = self.encoding and codecs.lookup(self.encoding).name
        return {
            **({"delimiter": self.delimiter} if self.delimiter != "," else {}),
            **({"encoding": encoding} if encoding not in (None, _UTF8) else {}),
            **({"map": dict(columns)} if (columns := sorted(self._plain_columns())) else {}),
        }

    def _plain_columns(self) -> Iterator[tuple[str, str]]:
        return ((name, plain(column)) for name, column in self.columns.items())


def plain(name: str) -> str:
    """Return the name of a column as it is compared: without case, and blanks around it."""
    return name.strip().casefold()


def take_delimiter(_: click.Context, option: click.Parameter, given: str) -> str:
    """Return the delimiter that an option names."""
    if given in _TAB:
        return "\t"
    if len(given) != 1 or given not in _SIGNS:
        raise click.BadParameter(f"{given!r}: give one of {' '.join(_SIGNS)}, or tab", param=option)
    return given


def take_encoding(_: click.Context, option: click.Parameter, given: str | None) -> str | None:
    """Return the encoding that an option names, if Python knows one of that name."""
    if given is None:
        return None
    try:
        b"text".decode(given, "ignore")
        codecs.getincrementaldecoder(given)
    except (LookupError, ValueError):
        why = "is not a text encoding: give one such as utf-8, windows-1252 or utf-16"
        raise click.BadParameter(f"{given!r} {why}", param=option) from None
    return given


def take_map(_: click.Context, option: click.Parameter, given: Iterable[str]) -> dict[str, str]:
    """Return the column of each field that options ``FIELD=COLUMN`` name."""
    columns: dict[str, str] = {}
    for word in given:
        name, equals, column = word.partition("=")
        if name not in COLUMNS:
            why = f"a message has no field {name!r}; {nearest(name, COLUMNS)}"
            raise click.BadParameter(why, param=option)
        if not equals or not column.strip():
            raise click.BadParameter(f"{name}: give {name}=COLUMN", param=option)
        if name in columns:
            raise click.BadParameter(f"{name} is given twice", param=option)
        if plain(column) in map(plain, columns.values()):
            raise click.BadParameter(f"{name}: its column holds another field", param=option)
        columns[name] = column
    return columns
