"""The filters of a template: what each makes of a value, and where the result may be."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.markup import from_json, from_xml, to_json, to_xml


def text(value: Any) -> str:
    """Return a value as the wire shows it: ``true`` and ``false``, a datetime as ISO 8601."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def one_text(value: Any) -> str:
    """Return what a template gave as one text: several have commas between them."""
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _digits(value: Any) -> str:
    return re.sub(r"[^0-9]", "", text(value))


def _national(value: Any) -> str:
    from smsbridge.text.phone import national

    return national(text(value))


def _number(value: Any) -> int | float:
    word = text(value)
    if not re.fullmatch(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?", word):
        raise InvalidMessage("the table turns a value that is not a number into a number")
    return float(word) if "." in word else int(word)


def _bytes(value: Any) -> bytes:
    return text(value).encode()


def _from_base64(word: str) -> str:
    return base64.b64decode("".join(word.split()), validate=True).decode()


class Gives(StrEnum):
    """What a value is good for, as it is or after a filter."""

    ANY = "any text"
    SAME = "what it was good for before"
    PLAIN = "letters, digits and signs that need no escaping in XML and JSON"
    BARE = "a word of JSON, which stands without quotes"
    XML = "text in XML"
    JSON = "text between the quotes of JSON"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter makes of a value, where that may be, and the inverse if there is one.

    ``undo`` raises `ValueError` for what the filter never makes.
    """

    apply: Callable[[Any], Any]
    gives: Gives = Gives.PLAIN
    undo: Callable[[str], str] | None = None


FILTERS: Mapping[str, Filter] = {
    "text": Filter(text, Gives.SAME),
    "digits": Filter(_digits),
    "e164": Filter(lambda value: f"+{_digits(value)}"),
    "national": Filter(_national),
    "number": Filter(_number, Gives.BARE),
    "upper": Filter(lambda value: text(value).upper(), Gives.ANY),
    "lower": Filter(lambda value: text(value).lower(), Gives.ANY),
    "base64": Filter(lambda value: base64.b64encode(_bytes(value)).decode(), undo=_from_base64),
    "hex": Filter(
        lambda value: _bytes(value).hex().upper(), undo=lambda word: bytes.fromhex(word).decode()
    ),
    "hex-ucs2": Filter(
        lambda value: text(value).encode("utf-16-be").hex().upper(),
        undo=lambda word: bytes.fromhex(word).decode("utf-16-be"),
    ),
    "md5": Filter(lambda value: hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest()),
    "sha1": Filter(lambda value: hashlib.sha1(_bytes(value), usedforsecurity=False).hexdigest()),
    "sha256": Filter(lambda value: hashlib.sha256(_bytes(value)).hexdigest()),
    "url": Filter(
        lambda value: quote(text(value), safe=""), undo=lambda word: unquote(word, errors="strict")
    ),
    "xml": Filter(lambda value: to_xml(text(value)), Gives.XML, from_xml),
    "json": Filter(lambda value: to_json(text(value)), Gives.JSON, from_json),
}
TIME_FILTERS: Mapping[str, Callable[[datetime], str]] = {
    "epoch": lambda time: str(math.ceil(time.timestamp())),  # rounded up: not before the time
    "epoch-ms": lambda time: str(math.ceil(time.timestamp() * 1000)),
    "iso": lambda time: time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "date": lambda time: time.strftime("%Y-%m-%d"),
}
"""For a time; so is a format of ``strftime`` that begins with %: ``{now|%Y%m%d%H%M%S}``.

A format without a zone is in the provider's time zone, UTC by default.
"""


def is_of_a_time(name: str) -> bool:
    """Return whether a filter is for a time."""
    return name.startswith("%") or name in TIME_FILTERS
