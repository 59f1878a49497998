"""Writes the words of a REST answer: the inverse of `smsbridge.codecs.answer_format`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from smsbridge.codecs.answer_format import compile_format
from smsbridge.codecs.rest import FORM, JSON, XML, write_form
from smsbridge.codecs.xml_document import write_xml
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import LIST, TEXT, flat

_PLAIN = "text/plain; charset=utf-8"
_GROUP = re.compile(r"\(\?P<(\w+)>")
_ATOM = re.compile(
    r"(?P<one>\\.|\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\.\[\]{}()*+?^$|])"
    r"(?P<times>[*?]\??|\+\??|\{(?P<least>[0-9]{1,4})(?:,[0-9]{0,4})?\})?",
    re.DOTALL,
)
_SAMPLES = " x0A-_:;,./"
_OPEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)


def write_words(form: str, words: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the Content-Type and body of an answer with these words; raises `Unwritable`."""
    if form == "json":
        whole = words.get(LIST, words.get(TEXT, words)) if len(words) == 1 else words
        return JSON, json.dumps(whole, ensure_ascii=False).encode(errors="replace")
    if form == "xml":
        return XML, write_xml(words).encode()
    if form == "form":
        return FORM, write_form(dict(flat(words))).encode()
    said = text(words[TEXT]) if TEXT in words else ""
    if form != "text" and not said:
        said = text_of(form, {name: text(word) for name, word in flat(words)})
    if not said:
        raise Unwritable("its answers are plain text, which has no other words")
    return _PLAIN, said.encode(errors="replace")


def text_of(form: str, words: Mapping[str, str]) -> str:
    """Return a text in which a pattern finds these words; raises `Unwritable`.

    It contains others only if every matching text does.
    """
    pattern = compile_format(form)
    more = ""
    for choice in _split(pattern.pattern) if pattern else ():
        made = _fill(choice, words)
        found = pattern.fullmatch(made) if pattern and made is not None else None
        said = {k: v for k, v in found.groupdict().items() if v is not None} if found else {}
        if said == words and made:
            return made
        if made and not more and words.items() <= said.items():
            more = made
    if not more:
        raise Unwritable(f"no text can be made of {form} with {', '.join(words) or 'no word'}")
    return more


def _fill(choice: str, words: Mapping[str, str]) -> str | None:
    """Return one alternative of a pattern as a text; None if only an example can."""
    made, at = "", 0
    while at < len(choice):
        if choice[at] == "(":
            end = _end(choice, at)
            word = _fill_group(choice[at:end], words)
            if choice[end : end + 1] in ("?", "*"):  # it is optional
                named = _GROUP.match(choice, at)
                word, end = words.get(named[1] if named else "", ""), end + 1
            if word is None:
                return None
            made, at = made + word, end
        elif (atom := _ATOM.match(choice, at)) and (sample := _sample(atom["one"])):
            times = atom["times"] or "+"
            made += sample * (int(atom["least"] or 0) if times[0] == "{" else times[0] == "+")
            at = atom.end()
        else:
            return None
    return made


def _fill_group(group: str, words: Mapping[str, str]) -> str | None:
    """Return the word for a named group, or a text that its pattern matches."""
    named = _GROUP.match(group)
    if named and named[1] in words:
        return words[named[1]]
    inner = group[named.end() if named else 1 : -1].removeprefix("?:")
    return None if inner.startswith("?") else _fill(next(_split(inner)), words)


def _sample(atom: str) -> str:
    """Return a character that a part of a pattern matches: itself if literal."""
    if atom[0] not in ".[\\":
        return atom
    if atom[0] == "\\" and not atom[1].isalnum():
        return atom[1]
    return next((one for one in _SAMPLES if re.fullmatch(atom, one)), "")


def _split(source: str) -> Iterator[str]:
    """Yield the alternatives of a pattern, split at top-level bars."""
    depth = start = 0
    for found in _OPEN.finditer(source):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if found[0] == "|" and not depth:
            yield source[start : found.start()]
            start = found.end()
    yield source[start:]


def _end(source: str, start: int) -> int:
    """Return the end of the group that begins at a position."""
    depth = 0
    for found in _OPEN.finditer(source, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(source)
