"""A regular expression that is compiled on first use: a send needs few of all that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr


class _Pattern:
    """What stands for a pattern; what it does is looked up once."""

    def __init__(self, source: Any, flags: int = 0) -> None:
        self._given = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # such as what a copy asks for
            raise AttributeError(name)
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:

    def pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
        """Return a regular expression, compiled on first use."""
else:
    pattern = _Pattern
