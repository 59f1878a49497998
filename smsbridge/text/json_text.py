"""JSON as somebody else wrote it: each key once, and nothing that can't be written down again."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOM = "\ufeff"
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_ONE_BYTE = ("iso8859-1", "iso8859-15", "cp1252")


def read_json(body: bytes | str, content_type: str = "", *, mend: bool = True) -> Any:
    """Return a JSON document; half a surrogate pair is U+FFFD, unless ``mend`` is False.

    Bytes are UTF-8, UTF-16 or UTF-32, with a BOM or without, or what the charset of their content
    type says: Latin-1, Latin-9 or Windows-1252. Raises `ValueError` for what is no JSON, for NaN
    and infinity, and for an object that has a key twice; `RecursionError` for one too deep.
    """
    text = body if isinstance(body, str) else body.decode(_encoding(body, content_type))
    document = json.loads(
        text.removeprefix(_BOM), parse_constant=_no_number, object_pairs_hook=_object
    )
    broken = _ESCAPED_SURROGATE.search(text) or _SURROGATE.search(text)
    return _whole(document) if broken and mend else document


def _encoding(body: bytes, content_type: str) -> str:
    seen = json.detect_encoding(body)
    told = _CHARSET.search(content_type)
    if seen != "utf-8" or told is None:
        return seen
    try:
        name = codecs.lookup(told[1]).name
    except LookupError:
        return seen
    return name if name in _ONE_BYTE else seen


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _whole(document: Any) -> Any:
    if isinstance(document, str):
        return _SURROGATE.sub("\ufffd", document)
    if isinstance(document, list):
        return [_whole(item) for item in document]
    if isinstance(document, dict):
        return _object([(_whole(key), _whole(value)) for key, value in document.items()])
    return document
