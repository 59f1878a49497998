"""The header of a CSV: which column holds which field of a message."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smsbridge.cli.bulk.layout import COLUMNS, NEEDED, Layout, plain
from smsbridge.cli.output import printable
from smsbridge.text.phone import mask_number
from smsbridge.text.suggest import closest, nearest

_MOST_NAME = 40
_DELIMITERS = {";": "';'", "\t": "tab", "|": "'|'", ",": "','"}
"""What is tried if a header makes no sense, as it is given to --delimiter."""


class BadHeader(Exception):
    """A header that no message can be read by. Shows no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """``places``: where each field stands. ``width``: of a row. ``left_out``: unused columns."""

    places: Mapping[str, int]
    width: int
    left_out: tuple[str, ...] = ()


def read_header(names: Sequence[str], layout: Layout) -> Header:
    """Return what the first line of a CSV says; raises `BadHeader`."""
    keys = [plain(name) for name in names]
    if keys and keys[0].startswith("sep="):
        raise BadHeader("it is a note for Excel: remove this line, and give --delimiter")
    wanted = {one: plain(layout.columns.get(one, one)) for one in COLUMNS}
    unknown = [name for name, key in zip(names, keys, strict=True) if key not in wanted.values()]
    if not layout.columns:
        _refuse_unknown(names, unknown, layout)
    lacking = [one for one in (*NEEDED, *layout.columns) if wanted[one] not in keys]
    if lacking:
        raise BadHeader(delimiter_hint(names, layout) or _column_error(lacking[0], names, layout))
    if any(keys.count(key) > 1 for key in wanted.values()):
        raise BadHeader("a column is named twice")
    return Header(
        places={one: keys.index(key) for one, key in wanted.items() if key in keys},
        width=len(names),
        left_out=tuple(_mask_digits(name) for name in unknown if name.strip()),
    )


def header_hint(why: str) -> str:
    """Return why there is no header, and what one looks like."""
    return f"{why}; the first line must name recipient and text, and may name reference and sender"


def _refuse_unknown(names: Sequence[str], unknown: Sequence[str], layout: Layout) -> None:
    """Refuse a column that holds no field: a typo would lose it unnoticed."""
    if unknown and (hint := delimiter_hint(names, layout)):
        raise BadHeader(hint)
    near = [name for name in unknown if closest(plain(name), COLUMNS)]
    if near or (unknown and len(unknown) < len(names)):
        name = (near or unknown)[0]
        raise BadHeader(
            f"unknown column {_mask_digits(name)!r}; {nearest(plain(name), COLUMNS)}; "
            "--map FIELD=COLUMN names the column of a field, and leaves the others out"
        )
    if unknown or not names:
        raise BadHeader(
            header_hint("it names no column") + ", or --map recipient=COLUMN --map text=COLUMN"
        )


def _column_error(field: str, names: Sequence[str], layout: Layout) -> str:
    if field not in layout.columns:
        return f"the column {field} is missing; --map {field}=COLUMN names another"
    column = layout.columns[field]
    there = {_mask_digits(name) for name in names if name.strip()}
    return f"--map {shlex.quote(f'{field}={column}')}: no such column; {nearest(column, there)}"


def delimiter_hint(names: Sequence[str], layout: Layout) -> str:
    """Return what to do if another delimiter splits the header; empty if none does.

    ``names`` may be the whole line, if that is not CSV.
    """
    line = layout.delimiter.join(names)
    for sign, given in _DELIMITERS.items():
        if sign != layout.delimiter and line.count(sign) >= len(names):
            return f"its columns are separated by {given}: give --delimiter {given}"
    return ""


def _mask_digits(name: str) -> str:
    """Return the name of a column as it may be shown: it may really be a number."""
    name = printable(name)
    return mask_number(name) if any(map(str.isdigit, name)) else name[:_MOST_NAME]
