"""Hides private values in a text, in every form in which a provider may repeat them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from urllib.parse import quote, quote_plus, urlsplit

from smsbridge.text.pattern import pattern

HIDDEN = "•••"
LONGEST_CODE = 40
"""A provider's word is shown if it is a code: at most so many letters, digits and ``_.:-``."""

_CODE = pattern(rf"[A-Za-z0-9_.:-]{{1,{LONGEST_CODE}}}")
_MOST_DIGITS = 6  # with more it may be a number
_LEAST = 4  # shorter values are in any text by chance
_PART = 8  # this many consecutive characters of a value count as a part of it
_LONGEST_MASKED = 4096
_LONGEST_PRIVATE = 4096  # a longer value is only looked for unencoded
_WIDEST = 20  # characters of a form for one of a value: an emoji, percent-encoded twice
_BETWEEN = "\0\n"  # parts two forms
_BASE64 = pattern(r"[A-Za-z0-9+/=_-]")
_WORD = (
    r"(?:(?:[A-Z]?[a-z]{1,16}|[A-Z]{1,16}|[A-Z][a-z]{1,12}[A-Z][a-z]{1,12})[0-9]{0,3}|[0-9]{1,3})"
)
_NAME = pattern(
    rf"(?=.{{1,80}}\Z)(?:\.{{1,2}}|[_./:]{{0,3}}{_WORD}(?:[ _.:/-]{{1,2}}{_WORD})*:?)", re.DOTALL
)
_VARIABLE = pattern(r"(?=.{1,80}\Z)_{0,2}[A-Z]{1,16}[0-9]{0,3}(?:_[A-Z]{0,16}[0-9]{0,3})*")
_OF_A_CONTRACT = pattern(
    r"(wsdl2?|singlewsdl|xsd2?|schema|disco|document|part|import)(=[A-Za-z0-9_.:/-]{0,40})?",
    re.IGNORECASE,
)


def masker(private: Iterable[str], most: int = _LONGEST_MASKED) -> Callable[[str], str]:
    """Return a function that hides values of four or more characters, whole and in any form.

    Of a text it returns at most the first ``most`` characters.
    """
    values = tuple(value[:most] for value in private)  # no more of one is ever shown

    @cache
    def forms() -> re.Pattern[str]:
        plain = _alternatives({form for value in values for form in encoded_forms(value)})
        encoded = _alternatives({form for value in values for form in base64_forms(value)})
        return re.compile(f"(?P<base64>{encoded})|{plain}", re.IGNORECASE)

    def mask(word: str) -> str:
        room = _WIDEST * max(map(len, values), default=0)
        window = word[: most + room]  # a value that the end cuts is whole in it
        shown: list[str] = []
        at = 0
        for found in forms().finditer(window):
            start, end = found.span()
            if found["base64"]:  # its ends hold a part of the value too
                start, end = _whole_run(window, start, end, at)
            if end <= at or start >= most:
                continue
            shown += [window[at : max(start, at)], HIDDEN]
            at = end
        more = "…" if len(word) > most else ""
        return "".join(shown) + window[at:most] + more

    return mask


def codes_alone(private: Iterable[str] = (), known: Collection[str] = ()) -> Callable[[str], str]:
    """Return a function that shows a provider's word if it is one of ``known``, or a short code.

    A code has no more than 40 letters, digits and ``_.:-``, of which at most six are digits, and
    is not part of a private value in any form. For anything else it shows only the length.
    """
    touches = detector(private)

    def show(word: str) -> str:
        if word in known or (is_code(word) and not touches(word)):
            return word
        return length_alone(word)

    return show


def length_alone(word: str) -> str:
    """Return what stands for a word that is not shown: only its length; nothing if it is empty."""
    return f"{HIDDEN} (a text of length {len(word)})" if word else ""


def public_name(word: str) -> str:
    """Return a name from a config, or only its length if it may be a key in the wrong place.

    A name is made of words: letters of one case (the first may differ), then at most three digits.
    """
    return word if _NAME.fullmatch(word) else f"{HIDDEN} (a name of length {len(word)})"


def public_variable(name: str) -> str:
    """Return the name of an environment variable, ``SMS_API_KEY``; of anything else its length."""
    return name if _VARIABLE.fullmatch(name) else f"{HIDDEN} (a name of length {len(name)})"


def public_address(address: str) -> str:
    """Return a URL without what may be a key: user info, fragment, and the query.

    Of the query only what names a WSDL document is kept: ``?wsdl``, ``?xsd=xsd0``.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return HIDDEN
    words = [word for word in parts.query.split("&") if word]
    kept = [word for word in words if _OF_A_CONTRACT.fullmatch(word)]
    query = "&".join(kept if kept == words else [*kept, HIDDEN])
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="").geturl()


def is_code(word: str) -> bool:
    """Return whether a word is a short code, of which at most six characters are digits."""
    return bool(_CODE.fullmatch(word)) and sum(map(str.isdigit, word)) <= _MOST_DIGITS


def detector(private: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a word is a part of a private value, or holds one, in any form."""
    values = frozenset(private)

    @cache
    def forms() -> tuple[str, tuple[str, ...], frozenset[str]]:
        """Return all forms in one text, those shorter than a part, and the parts of all."""
        found = {form for one in values for form in (one, *encoded_forms(one), *base64_forms(one))}
        found = {form.casefold() for form in found}
        short = tuple(form for form in found if _LEAST <= len(form) < _PART)
        text = _BETWEEN.join(found)
        return text, short, frozenset(_parts(text, _PART))  # a longer form has a part in it

    def touches(word: str) -> bool:
        word = word.casefold()
        size = min(_PART, len(word))
        if size < _LEAST:
            return False
        text, short, parts = forms()
        if size < _PART:
            return word in text or any(form in word for form in short)
        return not parts.isdisjoint(_parts(word, _PART)) or any(form in word for form in short)

    return touches


def finder(private: Mapping[str, str]) -> Callable[[str], list[str]]:
    """Return what names the private values that a text holds whole, in any form.

    ``private``: each value by the name that is returned for it. Values of less than four characters
    are not looked for.
    """
    plain = {
        name: {form.casefold() for form in encoded_forms(one)} for name, one in private.items()
    }
    exact = {name: {*base64_forms(one)} for name, one in private.items()}

    def find(text: str) -> list[str]:
        folded = text.casefold()
        return [
            name
            for name in private
            if any(form in folded for form in plain[name])
            or any(len(form) >= _LEAST and form in text for form in exact[name])
        ]

    return find


def _parts(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(len(text) - size + 1)]


def encoded_forms(value: str) -> Iterator[str]:
    """Yield a value as it is encoded in URLs, forms, JSON, XML, HTML and hex, in any case."""
    if len(value) < _LEAST:
        return
    yield value
    if len(value) > _LONGEST_PRIVATE:
        return
    for encoding in ("utf-8", "utf-16-be"):
        yield value.encode(encoding, "replace").hex()
    if value.isascii() and value.isalnum():
        return  # nothing else of it is ever escaped
    import html

    for way in (quote, quote_plus):
        for safe in ("/", ""):
            once = way(value, safe=safe)
            yield from (once, way(once, safe=""))
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield from (escaped, escaped.replace("/", r"\/"))
    for escaped in (html.escape(value), html.escape(value, quote=False)):
        yield from (
            escaped,
            escaped.replace("&#x27;", "&apos;"),
            escaped.replace("&#x27;", "&#39;"),
        )
    for form in ("&#{};", "&#x{:x};"):
        yield "".join(
            char if char.isascii() and char.isalnum() else form.format(ord(char)) for char in value
        )
        yield "".join(char if char.isascii() else form.format(ord(char)) for char in value)


def base64_forms(value: str) -> Iterator[str]:
    """Yield the base64 of a value for each offset at which it may begin in a longer text."""
    content = value.encode(errors="replace")
    if not _LEAST <= len(content) <= _LONGEST_PRIVATE:
        return
    for before in range(3):  # three bytes make four characters
        bits = 8 * (before + len(content))
        encoded = base64.b64encode(b"\0" * before + content)[-(-8 * before // 6) : bits // 6]
        yield from (encoded.decode(), encoded.translate(bytes.maketrans(b"+/", b"-_")).decode())


def _alternatives(forms: Iterable[str]) -> str:
    """Return a pattern for any of the forms, longest first; it matches nothing if there is none."""
    usable = sorted(
        {form for form in forms if len(form) >= _LEAST}, key=lambda one: (-len(one), one)
    )
    return "|".join(map(re.escape, usable)) or r"(?!)"


def _whole_run(text: str, start: int, end: int, first: int) -> tuple[int, int]:
    while start > first and _BASE64.match(text[start - 1]):
        start -= 1
    while end < len(text) and _BASE64.match(text[end]):
        end += 1
    return start, end
