"""Reads JSON from outside: each key once, and to a limited depth."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from smsbridge.text.encodings import ENCODINGS, Undecodable, charset_of, decode

MOST_DEPTH = 64
_NOT_JSON = "it is not JSON, or says the same thing twice"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOO_DEEP = f"it is not JSON that is nested at most {MOST_DEPTH} deep"


class BadJSON(ValueError):
    """JSON that is refused. The error says why, without quoting it."""


def read_json(body: bytes | str, content_type: str = "", *, mend: bool = True) -> Any:
    """Return what a JSON document says; raises `BadJSON`.

    It is UTF-8 (RFC 8259 §8.1), or what its byte order mark or the ``charset`` of its Content-Type
    says. A key that stands twice, NaN, a number that is too large, and what is nested more than
    `MOST_DEPTH` deep are refused. Half a surrogate pair is read as U+FFFD, since it can't be
    encoded again; with ``mend`` False it is kept, and a number with a fraction has its digits as
    text: 10.50 is not 10.5 in a message.
    """
    try:
        text = body if isinstance(body, str) else decode(body, _labels(content_type))[0]
        document = (_DECODER if mend else _FAITHFUL_DECODER).decode(text)
    except RecursionError:
        raise BadJSON(_TOO_DEEP) from None
    except Undecodable:
        raise BadJSON("it is not JSON in UTF-8 or in the encoding that its label names") from None
    except ValueError:
        raise BadJSON(_NOT_JSON) from None
    if text.count("[") + text.count("{") > MOST_DEPTH and not is_shallow(document, MOST_DEPTH):
        raise BadJSON(_TOO_DEEP)
    if not mend or (text.isascii() and "\\u" not in text):
        return document
    broken = _ESCAPED_SURROGATE.search(text) or _SURROGATE.search(text)
    return _without_halves(document) if broken else document


def _without_halves(document: Any) -> Any:
    if isinstance(document, str):
        return _SURROGATE.sub("\ufffd", document)
    if isinstance(document, list):
        return [_without_halves(item) for item in document]
    if not isinstance(document, dict):
        return document
    pairs = [(_without_halves(key), _without_halves(value)) for key, value in document.items()]
    if len(found := dict(pairs)) != len(pairs):
        raise BadJSON(_NOT_JSON)
    return found


def _labels(content_type: str) -> list[str]:
    label = charset_of(content_type) if content_type else ""
    return [label] if label in ENCODINGS else []


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _finite(word: str) -> float:
    if math.isinf(number := float(word)):
        raise ValueError(word)
    return number


class _Number(float):
    """A number whose text is as it was written."""

    word = ""

    def __str__(self) -> str:
        return self.word


def _number(word: str) -> float:
    number = _Number(_finite(word))
    number.word = word
    return number


_DECODER = json.JSONDecoder(
    parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_each_key_once
)
_FAITHFUL_DECODER = json.JSONDecoder(
    parse_constant=_no_number, parse_float=_number, object_pairs_hook=_each_key_once
)


def is_shallow(document: Any, most: int) -> bool:
    """Return whether objects and arrays are nested at most so many deep, the outermost included."""
    level = [document]
    for _ in range(most + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return True
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for several in inner for one in several]
    return False
