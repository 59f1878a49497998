"""Texts of others as a page shows them: no character of them does anything to the page."""

from __future__ import annotations

import re
import unicodedata

_CODE = re.compile(r"\b\d{4,8}\b")
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile("\r\n?")
_PICTURES, _PICTURE_OF_DELETE = 0x2400, "\u2421"
_DELETE = "\x7f"
_MOST_CODES = 5


def codes(text: str) -> list[str]:
    """Return the numbers of a text that may be codes to type in, each once."""
    return list(dict.fromkeys(_CODE.findall(text)))[:_MOST_CODES]


def shown_text(text: str) -> str:
    """Return a text whose control characters are pictures of them; line breaks stay."""
    return _CONTROL.sub(_picture, _LINE_END.sub("\n", text))


def named_character(character: str) -> str:
    """Return a character with its code point and its name: ``U+1F600 GRINNING FACE``."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".strip()


def _picture(found: re.Match[str]) -> str:
    return _PICTURE_OF_DELETE if found[0] == _DELETE else chr(_PICTURES + ord(found[0]))
