"""Writes a body down word by word: its syntax stays, each name and value is shown by a rule.

It reads what is cut, malformed or of another kind than it says, and never fails: what fits no
syntax is a value without a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import unquote_plus

from smsbridge.text.pattern import pattern

MOST_SHOWN = 4096
FORM = "application/x-www-form-urlencoded"
_BYTES = 4
MOST_READ = _BYTES * MOST_SHOWN
"""Bytes of a body that are looked at."""

_CHARSET = pattern(r"""charset\s*=\s*["']?([A-Za-z0-9_-]{1,20})""", re.IGNORECASE)
_LATIN = {"iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252"}
_NO_TEXT = pattern("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_JSON = pattern(
    r"""(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))(?P<colon>\s*:)?|(?P<syntax>[\s\[\]{},:]+)"""
    r"""|(?P<word>[^\s\[\]{},:"]+)""",
    re.DOTALL,
)
_NAME = r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}"
_ONE_ATTRIBUTE = rf"""(\s+)({_NAME})(\s*=\s*)("[^"<]*"|'[^'<]*')"""
_ATTRIBUTE = pattern(_ONE_ATTRIBUTE)
_MARKUP = pattern(
    r"(?P<cdata><!\[CDATA\[(?P<inner>.*?)(?:\]\]>|\Z))"
    rf"|<(?P<close>/?)(?P<name>{_NAME})(?P<attributes>(?:{_ONE_ATTRIBUTE})*)(?P<end>\s*/?>)"
    r"""|(?P<start><\?xml(?:\s+(?:version|encoding|standalone)\s*=\s*["'][A-Za-z0-9.-]{1,12}["'])*"""
    r"\s*\?>)"
    r"|(?P<other><[^<>]*>?)|(?P<text>[^<]+)",
    re.DOTALL,
)
_LAST_WORD = pattern(r"[^\s<>{}\[\],:;&=\"']{1,200}\Z")
_EDGES = pattern(r"(\s*)(.*?)(\s*)", re.DOTALL)


class MaskRule(Protocol):
    """How each word of a body is shown."""

    def name(self, word: str) -> str:
        """Return the name of a value as it is shown."""

    def value(self, name: str, word: str) -> str:
        """Return a value as it is shown; its name is empty where it has none."""


def transcribe(
    body: bytes, content_type: str, rule: MaskRule, *, size: int = 0, most: int = MOST_SHOWN
) -> str:
    """Return a body as a rule shows it, at most ``most`` characters of it.

    ``size``: how many bytes it had, if they are not all there.
    """
    size = max(size, len(body))
    if not body:
        return f"({size} bytes)" if size else ""
    text = _text_of(body, content_type, most)
    if text is None:
        return f"({size} bytes that are not text)"
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins == "<":
        parts = _of_markup(text, rule)
    elif begins in ("{", "["):
        parts = _of_json(text, rule)
    elif FORM in content_type.lower():
        parts = _of_form(text, rule)
    else:
        parts = iter([_value(rule, "", text)])
    shown = "".join(parts)
    whole = size <= _BYTES * most and len(text) <= most >= len(shown)
    return shown if whole else f"{shown[:most]}… ({size} bytes in all)"


def is_page(body: bytes, content_type: str) -> bool:
    """Return whether a body is a web page, by what it says it is or how it begins."""
    begins = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" in content_type.lower() or begins.startswith((b"<!doctype html", b"<html"))


def _text_of(body: bytes, content_type: str, most: int) -> str | None:
    """Return what a body says, cut; None where it isn't text, so that nothing hides in it."""
    named = _CHARSET.search(content_type)
    charset = _LATIN.get(named[1].lower(), "utf-8") if named else "utf-8"
    text = body[: _BYTES * most].decode(charset, "replace")
    if len(body) >= _BYTES * most:
        text = text.rstrip("\ufffd")  # a character that the cut split
    if len(text) > most:
        text = _LAST_WORD.sub("", text[: most + 1])  # of a number half is too much
    return None if _NO_TEXT.search(text) else text


def _value(rule: MaskRule, name: str, word: str, raw: str | None = None) -> str:
    """Return a value as it is shown; as it is written, where all of it may be seen."""
    raw = word if raw is None else raw
    edges = _EDGES.fullmatch(word)
    if edges is None or not edges[2]:
        return raw
    shown = rule.value(name, edges[2])
    return raw if shown == edges[2] else f"{edges[1]}{shown}{edges[3]}"


def _of_json(text: str, rule: MaskRule) -> Iterator[str]:
    name = ""
    for found in _JSON.finditer(text):
        if found["syntax"]:
            yield found["syntax"]
        elif found["word"]:
            plain = found["word"] in ("true", "false", "null")
            yield found["word"] if plain else _value(rule, name, found["word"])
        else:
            word = _read_string(found["string"])
            if found["colon"]:
                name = word
                shown = rule.name(word)
                raw = found["string"] if shown == word else json.dumps(shown, ensure_ascii=False)
                yield raw + found["colon"]
                continue
            shown = _value(rule, name, word)
            same = shown == word
            yield found["string"] if same else json.dumps(shown, ensure_ascii=False)


def _read_string(written: str) -> str:
    """Return what a JSON string says, or the text as written if it is not one."""
    for end in ("", '"', '\\"'):
        try:
            said = json.loads(written + end, strict=False)
        except ValueError:
            continue
        return str(said)
    return written


def _of_markup(text: str, rule: MaskRule) -> Iterator[str]:
    import html

    name = ""
    for found in _MARKUP.finditer(text):
        if found["start"]:
            yield found["start"]
        elif found["name"]:
            name = _local(found["name"])
            yield f"<{found['close']}{_shown_name(rule, found['name'])}"
            for one in _ATTRIBUTE.finditer(found["attributes"]):
                raw = one[4][1:-1]
                shown = _value(rule, _local(one[2]), html.unescape(raw), raw)
                yield f"{one[1]}{_shown_name(rule, one[2])}{one[3]}{one[4][0]}{shown}{one[4][0]}"
            yield found["end"]
        elif found["cdata"]:
            yield f"<![CDATA[{_value(rule, name, found['inner'])}]]>"
        elif found["text"]:
            yield _value(rule, name, html.unescape(found["text"]), found["text"])
        else:
            yield _value(rule, "", found["other"])


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _shown_name(rule: MaskRule, name: str) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{rule.name(prefix) if prefix else ''}{colon}{rule.name(local)}"


def _of_form(text: str, rule: MaskRule) -> Iterator[str]:
    for index, pair in enumerate(text.split("&")):
        name, sign, value = pair.partition("=")
        read = unquote_plus(name)
        shown = rule.name(read) if sign else _value(rule, "", read)
        yield "&" * (index > 0) + (name if shown == read else shown) + sign
        yield _value(rule, read, unquote_plus(value), value)
