"""Why a call is refused, as a log may say it: without what its caller wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from smsbridge.text.masking import HIDDEN, masker

_QUOTED = re.compile(r"""(?<!\w)(?:'[^']*'|"[^"]*")(?!\w)""")
_EXAMPLE = re.compile(r", such as \+[0-9]+")
_TYPE = re.compile(r"xs:[A-Za-z]{1,20}")
_MANY_DIGITS = re.compile(r"\+?[0-9]{7,}")
_MOST = 300


def public_reason(
    said: str, private: Iterable[str] = (), known: Collection[str] = frozenset()
) -> str:
    """Return what an error says, without private values in any form, quoted words and long numbers.

    A quoted word that is ``known``, or a type of XML Schema, is kept.
    """

    def show(quoted: re.Match[str]) -> str:
        word = quoted[0][1:-1]
        return quoted[0] if word in known or _TYPE.fullmatch(word) else HIDDEN

    said = masker(private, _MOST)(_EXAMPLE.sub("", said))
    return _MANY_DIGITS.sub(HIDDEN, _QUOTED.sub(show, said))
