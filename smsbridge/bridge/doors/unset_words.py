"""What programs send for a field that nobody has set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from smsbridge.mapping.filters import text

if TYPE_CHECKING:
    from datetime import datetime

_UNSET = re.compile(
    r"""false                                    # a bool of .NET
    | (0000-00-00                                # MySQL
      | 0001-01-01                               # .NET
      | 1899-12-30                               # OLE, and so Delphi and Visual Basic
      | 1900-01-01                               # SQL Server
      | 1970-01-01)                              # Unix
      ([t ]00:00(:00(\.0+)?)?(z|[+-][0-9:]{2,6})?)?
    | 00000000-0000-0000-0000-000000000000       # a GUID of .NET
    | p(t0s|0d)                                  # a period of .NET or Java
    """,
    re.VERBOSE,
)
_ZEROS = ("0", "0.0")
"""A number, a flag or a time of most languages."""

_ONLY_ZEROS = re.compile(r"0[0\W_tz]*")
_FIRST_YEAR = 1971


def says_nothing(word: object, default: str = "") -> bool:
    """Return whether a word is empty, or the default of its field."""
    if isinstance(word, list):
        return all(says_nothing(item, default) for item in word)
    return word is None or text(word).strip() in ("", default)


def is_unset(word: object, default: str = "", *, is_text: bool = True) -> bool:
    """Return whether a word says nothing, or is what stands for a field not set.

    ``is_text``: its field takes any text, so a 0 is not what stands for one not set.
    """
    if isinstance(word, list):
        return all(is_unset(item, default, is_text=is_text) for item in word)
    if says_nothing(word, default):
        return True
    said = text(word).strip()
    return (said in _ZEROS and not is_text) or _UNSET.fullmatch(said.casefold()) is not None


def is_unset_time(word: str, read: datetime | None) -> bool:
    """Return whether a send time, as it is read if it can be, stands for one not set."""
    if read is not None:
        return read.year < _FIRST_YEAR
    return is_unset(word) or _ONLY_ZEROS.fullmatch(word.strip().casefold()) is not None
