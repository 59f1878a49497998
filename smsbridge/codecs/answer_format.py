"""The words of an answer over REST: JSON, a form, XML, text, or what a pattern finds in text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from smsbridge.codecs.xml_document import read_xml
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.path import LIST, TEXT
from smsbridge.mapping.words import pattern_of
from smsbridge.text.encodings import ENCODINGS, Undecodable, charset_of, decode
from smsbridge.text.json_document import BadJSON, read_json

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Response

FORMATS = ("json", "form", "xml", "text")
_PAGE = re.compile(r"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_LONGEST = 64 * 1024  # of a text that a pattern is matched with


def read_words(form: str, response: Response, site: Site) -> Mapping[str, Any]:
    """Return the words of an answer in a format of `FORMATS`, or by a pattern; or `Unreadable`."""
    kind = response.header("content-type")
    match form:
        case "json":
            document = _read_json(response.body, kind)
            if isinstance(document, str | int | float) and not isinstance(document, bool):
                return {TEXT: document}
            return document if isinstance(document, dict) else _list(document)
        case "xml":
            return _read_xml(response.body, kind, site)
    plain = _plain_text(response.body, kind)
    if form == "form":
        return _read_form(plain.strip())
    return {TEXT: plain.strip()} | (_groups(form, plain) if form != "text" else {})


def parse_json(
    body: bytes | str, array: str = "", content_type: str = "", *, mend: bool = True
) -> dict[str, Any]:
    """Return the JSON object of a body; raises `Unreadable`.

    An array is under the name ``array``, if there is one. ``mend``: whether half a surrogate pair
    is read as U+FFFD.
    """
    document = _read_json(body, content_type, mend=mend)
    if array and isinstance(document, list):
        return {array: document}
    if not isinstance(document, dict):
        raise Unreadable("it is JSON, but not an object")
    return document


@lru_cache(256)
def compile_format(form: str) -> re.Pattern[str] | None:
    """Return the pattern of an answer, None of a format; raises `ValueError` for anything else."""
    if form in FORMATS:
        return None
    source = pattern_of(form)
    if source is None:
        allowed = ", ".join(FORMATS)
        raise ValueError(f"{form!r}: give one of {allowed}, or a /pattern/ with named groups")
    try:
        pattern = re.compile(source)
    except re.error as error:
        raise ValueError(f"{form} is not a pattern: {error}") from None
    if not pattern.groupindex:
        raise ValueError(f"{form} has no named group, such as (?P<id>[0-9]+)")
    return pattern


def _read_json(body: bytes | str, content_type: str, *, mend: bool = True) -> Any:
    try:
        return read_json(body, content_type, mend=mend)
    except BadJSON as error:
        raise Unreadable(str(error)) from None


def _list(document: Any) -> dict[str, Any]:
    if not isinstance(document, list):
        raise Unreadable("it is JSON, but null, true or false")
    return {LIST: document}


def _read_xml(body: bytes, content_type: str, site: Site) -> Mapping[str, Any]:
    from smsbridge.codecs.soap.xml import ANSWER

    limits = replace(ANSWER, size=site.answer_limit, elements=site.element_limit)
    return read_xml(body, limits, content_type)


def _plain_text(body: bytes, content_type: str) -> str:
    """Return a text without line ends around it; a page of HTML is not what a provider says."""
    label = charset_of(content_type)
    try:
        found, _ = decode(body, [label] if label in ENCODINGS else ["latin-1"])
    except Undecodable:
        raise Unreadable("it is not text in the encoding that its label names") from None
    if _PAGE.match(found):
        raise Unreadable("it is an HTML page")
    if len(found) > _LONGEST:
        raise Unreadable(f"it is text of more than {_LONGEST} characters")
    return found.strip("\r\n")


def _read_form(plain: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(plain, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise Unreadable("it is not a form") from None
    if len(pairs) > len(fields := dict(pairs)):
        raise Unreadable("it is a form that says the same thing twice")
    return fields


def _groups(form: str, plain: str) -> dict[str, str]:
    pattern = compile_format(form)
    found = pattern and (pattern.fullmatch(plain) or pattern.fullmatch(plain.strip()))
    if found is None:
        raise Unreadable("it doesn't match the pattern of the table")
    return {name: word for name, word in found.groupdict().items() if word is not None}
