"""Words that are equal by their type: of a boolean `1` is `true`, of an int `00` is `0`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.path import TEXT, names

if TYPE_CHECKING:
    from smsbridge.codecs.soap.model import Kind
    from smsbridge.mapping.codec import Spellings

_BLANKS = " \t\n\r"
_BOOLEAN = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})")
_FLOAT = re.compile(rf"(?:{_NUMBER.pattern})(?:[eE][+-]?[0-9]{{1,4}})?")
_WHOLE = ("integer", "long", "int", "short", "byte")
_SIGNED = ("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger")
_UNSIGNED = ("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte")
_EXACT = frozenset({"decimal", *_WHOLE, *_SIGNED, *_UNSIGNED})
_ROUNDED = frozenset({"float", "double"})


def value_of(base: str, word: str) -> bool | Decimal | float | None:
    """Return the value of a word of a built-in type (XSD part 2 §3.2); None where it is its text.

    A whole number may be written as `0.0`: servers without types write it so.
    """
    word = word.strip(_BLANKS)
    if base == "boolean":
        return _BOOLEAN.get(word)
    if base in _EXACT and _NUMBER.fullmatch(word):
        return Decimal(word)
    if base in _ROUNDED and _FLOAT.fullmatch(word):
        return float(word)
    return None


def respell(value: Any, kind: Kind, words: Spellings, path: str = "") -> Any:
    """Return nested words, with each that is equal to one of ``words`` at its path spelt as there.

    All others stay as they came: an id keeps its zeros, a number its plus.
    """
    known = {names(one).removesuffix(f".{TEXT}"): own for one, own in words.items()}
    return _respell(value, kind, known, path)


def _respell(value: Any, kind: Kind, words: Spellings, path: str) -> Any:
    if isinstance(value, list):
        return [_respell(one, kind.item or kind, words, path) for one in value]
    if isinstance(value, Mapping):
        tree = {}
        for name, inner in value.items():
            part = kind.part(name)
            held = part.kind if part else kind.item
            own = path if name == TEXT and path else f"{path}.{name}".lstrip(".")
            tree[name] = inner if held is None else _respell(inner, held, words, own)
        return tree
    if isinstance(value, str) and path in words:
        return _word(value, kind, words[path])
    return value


def _word(word: str, kind: Kind, own: Collection[str]) -> str:
    text = kind.part(TEXT)
    base = kind.base or (text.kind.base if text else "")
    value = value_of(base, word)
    if value is None or word in own:
        return word
    return next((one for one in own if value_of(base, one) == value), word)
