"""What programs send for a field that nobody has set."""

from __future__ import annotations

import re
from collections.abc import Collection
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
_ONLY_ZEROS = re.compile(r"0[0\W_tz]*")
_FIRST_YEAR = 1971


def is_unset(word: object, also: Collection[str] = ()) -> bool:
    """Return whether a word says nothing: it is empty, or what stands for a field not set.

    ``also``: other words that say nothing in its field.
    """
    if isinstance(word, list):
        return all(is_unset(item, also) for item in word)
    said = "" if word is None else text(word).strip()
    return not said or said in also or _UNSET.fullmatch(said.casefold()) is not None


def is_unset_time(word: str, read: datetime | None) -> bool:
    """Return whether a send time, as it is read if it can be, stands for one not set."""
    if read is not None:
        return read.year < _FIRST_YEAR
    return is_unset(word) or _ONLY_ZEROS.fullmatch(word.strip().casefold()) is not None
