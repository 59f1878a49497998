"""Regular expressions of a table: what a provider says is matched with them in bounded time.

Python tries every way to split a text. Where a repeat stands within a repeat there are 2**n ways,
and one short answer would stop the whole process; so such a pattern is refused when it is read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from smsbridge.text.pattern import pattern

LONGEST = 4096
"""How long a text may be to match a pattern, in characters."""

_MOST_OPEN = 2
_ANY = "."
_TOKEN = pattern(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P?<\w+>|P[=>]|<?[=!]|[aiLmsux-]*:|>)?)?|[|)]"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]*,?[0-9]*\})[+?]?)|.",
    re.DOTALL,
)


@lru_cache(256)
def compile_pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return a regular expression that can't take long; raises `ValueError` with what is wrong."""
    try:
        found = re.compile(source, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a pattern: {error}") from None
    if why := _slow(source):
        raise ValueError(f"could take too long: {why}")
    return found


def matches(source: str, word: str, flags: int = 0) -> re.Match[str] | None:
    """Return the match of a whole word; None for a word of more than `LONGEST` characters."""
    return compile_pattern(source, flags).fullmatch(word) if len(word) <= LONGEST else None


def _slow(source: str) -> str | None:
    varies = [False]  # of each group that is open: whether it may match in several ways
    closed = False  # whether the group that has just been closed may
    before, opens, most = "", 0, 0  # opens: how often .* is in this alternative
    for token in _TOKEN.finditer(source):
        one, repeat = token[0], token["repeat"]
        if repeat and before:
            if closed and repeat[0] != "?" and not repeat.startswith(("{1}", "{0,1}", "{,1}")):
                return "a group that is repeated holds a repeat or an alternative"
            varies[-1] = True
            opens += before == _ANY and repeat[0] != "?"
        elif one[0] == "(" and before != "\\":
            varies.append(False)
        elif one == "|":
            varies[-1] = True
            opens = opens if len(varies) > 1 else 0
        most, closed = max(most, opens), False
        if one == ")" and len(varies) > 1:
            closed = varies.pop()
            varies[-1] |= closed
        before = one
    if most > _MOST_OPEN:
        return f"it has .* more than {_MOST_OPEN} times; say what may be there, as [^|]*"
    return None
