"""Hides in a text what nobody may see, in each form that a provider may repeat it in."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from urllib.parse import quote, quote_plus, urlsplit

HIDDEN = "•••"
LONGEST_CODE = 40
"""What a provider says is shown if it is a code: so many of the letters, digits and ``_.:-``."""

_CODE = re.compile(rf"[A-Za-z0-9_.:-]{{1,{LONGEST_CODE}}}")
_MOST_DIGITS = 6  # with more it may be a number
_LEAST = 4  # shorter values stand in any text by chance
_PART = 8  # so many characters in a row of a value are a part of it
_LONGEST_MASKED = 4096
_LONGEST_PRIVATE = 4096  # a longer one is only looked for as it is
_WIDEST = 20  # characters of a form for one of a value: an emoji, percent-encoded twice
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]")
_WORD = (
    r"(?:(?:[A-Z]?[a-z]{1,16}|[A-Z]{1,16}|[A-Z][a-z]{1,12}[A-Z][a-z]{1,12})[0-9]{0,3}|[0-9]{1,3})"
)
_NAME = re.compile(
    rf"(?=.{{1,80}}\Z)(?:\.{{1,2}}|[_./:]{{0,3}}{_WORD}(?:[ _.:/-]{{1,2}}{_WORD})*:?)", re.DOTALL
)
_VARIABLE = re.compile(r"(?=.{1,80}\Z)_{0,2}[A-Z]{1,16}[0-9]{0,3}(?:_[A-Z]{0,16}[0-9]{0,3})*")
_OF_A_CONTRACT = re.compile(
    r"(wsdl2?|singlewsdl|xsd2?|schema|disco|document|part|import)(=[A-Za-z0-9_.:/-]{0,40})?",
    re.IGNORECASE,
)


def masker(private: Iterable[str]) -> Callable[[str], str]:
    """Return what hides values of four characters or more in a text, whole and in any form.

    Of a text of more than 4096 characters it gives the first only.
    """
    values = tuple(value[:_LONGEST_MASKED] for value in private)  # no more of one is ever shown

    @cache
    def pattern() -> re.Pattern[str]:
        plain = _alternatives({form for value in values for form in _written(value)})
        encoded = _alternatives({form for value in values for form in _in_base64(value)})
        return re.compile(f"(?P<base64>{encoded})|{plain}", re.IGNORECASE)

    def mask(word: str) -> str:
        room = _WIDEST * max(map(len, values), default=0)
        window = word[: _LONGEST_MASKED + room]  # a value that the end cuts is whole in it
        shown: list[str] = []
        at = 0
        for found in pattern().finditer(window):
            start, end = found.span()
            if found["base64"]:  # its ends hold a part of the value too
                start, end = _whole_run(window, start, end, at)
            if end <= at or start >= _LONGEST_MASKED:
                continue
            shown += [window[at : max(start, at)], HIDDEN]
            at = end
        more = "…" if len(word) > _LONGEST_MASKED else ""
        return "".join(shown) + window[at:_LONGEST_MASKED] + more

    return mask


def codes_alone(private: Iterable[str] = (), known: Collection[str] = ()) -> Callable[[str], str]:
    """Return what shows a provider's word if it is one of ``known``, or a short code.

    A code has no more than 40 letters, digits and ``_.:-``, of which at most six are digits, and
    is not part of a private value in any form. Of anything else only the length is shown.
    """
    values = tuple(private)

    def show(word: str) -> str:
        if word in known or (_is_code(word) and not _touches(word, values)):
            return word
        return f"{HIDDEN} (a text of length {len(word)})" if word else ""

    return show


def public_name(word: str) -> str:
    """Return a name that a config gives, or only the length of what may be a key in its place.

    A name is made of words: letters of one case but for the first, then three digits at most.
    """
    return word if _NAME.fullmatch(word) else f"{HIDDEN} (a name of length {len(word)})"


def public_variable(name: str) -> str:
    """Return the name of an environment variable, ``SMS_API_KEY``; of anything else its length."""
    return name if _VARIABLE.fullmatch(name) else f"{HIDDEN} (a name of length {len(name)})"


def public_address(address: str) -> str:
    """Return a URL without what may be a key: user info, fragment, all of a query but ``?wsdl``.

    Of a query stays what names a document of a WSDL, such as ``?xsd=xsd0``.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return HIDDEN
    words = [word for word in parts.query.split("&") if word]
    kept = [word for word in words if _OF_A_CONTRACT.fullmatch(word)]
    query = "&".join(kept if kept == words else [*kept, HIDDEN])
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="").geturl()


def _is_code(word: str) -> bool:
    return bool(_CODE.fullmatch(word)) and sum(map(str.isdigit, word)) <= _MOST_DIGITS


def _touches(word: str, values: Iterable[str]) -> bool:
    """Return whether a short word is a part of a value, or holds one, in any form."""
    word = word.casefold()
    size = min(_PART, len(word))
    parts = {word[at : at + size] for at in range(len(word) - size + 1)}
    for value in values:
        forms = {value, *_written(value), *_in_base64(value)}
        for form in map(str.casefold, forms):
            if len(form) >= _LEAST and form in word:
                return True
            if size >= _LEAST and any(part in form for part in parts):
                return True
    return False


def _written(value: str) -> Iterator[str]:
    """Yield a value as URLs, forms, JSON, XML, HTML and hex have it; whatever their case."""
    if len(value) < _LEAST:
        return
    yield value
    if len(value) > _LONGEST_PRIVATE:
        return
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
    for encoding in ("utf-8", "utf-16-be"):
        yield value.encode(encoding, "replace").hex()


def _in_base64(value: str) -> Iterator[str]:
    """Yield what stands in the base64 of a text that holds a value, wherever it begins."""
    content = value.encode(errors="replace")
    if not _LEAST <= len(content) <= _LONGEST_PRIVATE:
        return
    for before in range(3):  # three bytes make four characters
        bits = 8 * (before + len(content))
        encoded = base64.b64encode(b"\0" * before + content)[-(-8 * before // 6) : bits // 6]
        yield from (encoded.decode(), encoded.translate(bytes.maketrans(b"+/", b"-_")).decode())


def _alternatives(forms: Iterable[str]) -> str:
    """Return a pattern of any of some forms, the longest first; of nothing where there is none."""
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
