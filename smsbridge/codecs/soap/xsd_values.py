"""Words that are equal by their type: `1` is `true` for a boolean, `00` is `0` for an int."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.path import TEXT, names

if TYPE_CHECKING:
    from smsbridge.codecs.soap.model import XSDType
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
_VALUED = _EXACT | _ROUNDED | {"boolean"}


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


def has_values(kind: XSDType, paths: Iterable[str]) -> bool:
    """Return whether a type at any of some paths has a value with more than one spelling."""
    split = (names(path).removesuffix(f".{TEXT}").split(".") for path in paths)
    return any(_has_values(kind, steps) for steps in split)


def _has_values(kind: XSDType, path: Sequence[str]) -> bool:
    inner = [kind.item] if kind.item is not None else []
    if not path:
        text = kind.part(TEXT)
        own = kind.base in _VALUED or (text is not None and text.type.base in _VALUED)
        return own or any(_has_values(one, path) for one in inner)
    part = kind.part(path[0])
    return (part is not None and _has_values(part.type, path[1:])) or any(
        _has_values(one, steps) for one in inner for steps in (path, path[1:])
    )


def respell(value: Any, kind: XSDType, words: Spellings, path: str = "") -> Any:
    """Return nested words, with each that equals one of ``words`` at its path in that spelling.

    All other words stay unchanged: an id keeps its zeros, a number its plus.
    """
    known = {names(one).removesuffix(f".{TEXT}"): own for one, own in words.items()}
    return _respell(value, kind, known, path)


def _respell(value: Any, kind: XSDType, words: Spellings, path: str) -> Any:
    if isinstance(value, list):
        return [_respell(one, kind.item or kind, words, path) for one in value]
    if isinstance(value, Mapping):
        tree = {}
        for name, inner in value.items():
            part = kind.part(name)
            held = part.type if part else kind.item
            own = path if name == TEXT and path else f"{path}.{name}".lstrip(".")
            tree[name] = inner if held is None else _respell(inner, held, words, own)
        return tree
    if isinstance(value, str) and path in words:
        return _word(value, kind, words[path])
    return value


def _word(word: str, kind: XSDType, own: Collection[str]) -> str:
    text = kind.part(TEXT)
    base = kind.base or (text.type.base if text else "")
    value = value_of(base, word)
    if value is None or word in own:
        return word
    return next((one for one in own if value_of(base, one) == value), word)
