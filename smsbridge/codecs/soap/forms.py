"""Forms: an envelope is written once for the fields that it has, and then filled with other words.

A form is what the writer wrote, with gaps where the words stand. So a filled form has the same
bytes as the writer's; whatever is not sure to have them is left to the writer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from smsbridge.codecs.soap.envelope import XSD, unsendable
from smsbridge.codecs.soap.model import Content, Part, XSDType
from smsbridge.codecs.soap.writer import Writer
from smsbridge.codecs.soap.xsd_types import SIMPLE, TEXTUAL
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import nest

_MARK = "\ue000{}\ue001"  # for private use: where a WSDL itself has one, there is no form
_FREE = (f"{{{XSD}}}string", f"{{{XSD}}}anySimpleType")
_PROBES = ("".join(map(chr, (9, 10, *range(0x20, 0x7F), 0xE9, 0x1F600))) * 60, "x")
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff&<>]")
_WRITTEN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_SPECIAL_ATTRIBUTE = re.compile('[\x00-\x1f\ud800-\udfff\ufffe\uffff&<>"]')
_WRITTEN_ATTRIBUTE = {**_WRITTEN, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


class Gap(NamedTuple):
    """Where a word stands: the ``path`` of its field, and its ``kind`` if the WSDL names one.

    ``takes_any``: whether the kind takes any text. ``attribute``: whether it is one.
    """

    path: str
    kind: XSDType | Part | None
    takes_any: bool
    attribute: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Form:
    """An envelope with gaps: a piece of it stands before each gap, and one after the last.

    ``watched``: the paths whose words the schema may refuse. ``passed``: the words there that it
    took last.
    """

    pieces: tuple[str, ...]
    gaps: tuple[Gap, ...]
    watched: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def fill(self, fields: Mapping[str, Any]) -> bytes | None:
        """Return the envelope of fields by path; None where the writer must look at them."""
        written = [self.pieces[0]]
        for (path, kind, takes_any, attribute), piece in zip(
            self.gaps, self.pieces[1:], strict=True
        ):
            word = _word(fields[path])
            if not word or not (takes_any or kind is None or kind.refusal(word) is None):
                return None
            special = _SPECIAL_ATTRIBUTE if attribute else _SPECIAL
            if special.search(word):
                if unsendable(word):
                    return None
                written += (special.sub(_escape_attribute if attribute else _escape, word), piece)
            else:
                written += (word, piece)
        return "".join(written).encode()

    def watch(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the words that the schema may refuse."""
        return tuple([_word(fields[path]) for path in self.watched])

    def probes(self, fields: Mapping[str, Any]) -> tuple[set[str], list[bytes | None]]:
        """Return the paths of plain strings, and envelopes with words there that few schemas take.

        Where the schema takes them, it takes any text at these paths.
        """
        free = {gap.path for gap in self.gaps if _is_free(gap.kind)}
        return free, [self.fill({**fields, **dict.fromkeys(free, one)}) for one in _PROBES]


def make_form(
    content: Content,
    version: str,
    types: Callable[[str], XSDType | None],
    fields: Mapping[str, Any],
) -> Form | None:
    """Return the form of calls that have the same fields; None where the words change more.

    For the other arguments see `Writer`.
    """
    marks = {_MARK.format(number): path for number, path in enumerate(fields)}
    writer = _Marker(content, version, types)
    try:
        whole = writer.envelope(nest({path: mark for mark, path in marks.items()})).decode()
    except ValueError:  # a mark can't stand there
        return None
    if any(whole.count(mark) != 1 for mark in marks):
        return None
    places = sorted((whole.index(mark), mark) for mark in marks)
    pieces, end = [], 0
    for place, mark in places:
        pieces.append(whole[end:place])
        end = place + len(mark)
    return Form(
        pieces=(*pieces, whole[end:]),
        gaps=tuple(_gaps(whole, [(at, mark, marks[mark]) for at, mark in places], writer.kinds)),
    )


def _gaps(
    whole: str, places: list[tuple[int, str, str]], kinds: Mapping[str, XSDType | Part | None]
) -> Iterator[Gap]:
    for place, mark, path in places:
        kind = kinds[mark]
        yield Gap(path, kind, kind is None or _takes_any(kind), whole[place - 1] == '"')


class _Marker(Writer):
    """Writes marks in the place of words. ``kinds``: what is at each mark."""

    def __init__(
        self, content: Content, version: str, types: Callable[[str], XSDType | None]
    ) -> None:
        super().__init__(content, version, types)
        self.kinds: dict[str, XSDType | Part | None] = {}

    def check_word(self, kind: XSDType | Part | None, word: str, _path: str) -> None:
        self.kinds[word] = kind


def _takes_any(kind: XSDType | Part) -> bool:
    if isinstance(kind, Part):
        return kind.fixed is None and _takes_any(kind.type)
    narrow = kind.words or kind.listed is not None or kind.members
    return not narrow and not SIMPLE.get(kind.base, TEXTUAL).form


def _is_free(kind: XSDType | Part | None) -> bool:
    if isinstance(kind, Part):
        return kind.fixed is None and _is_free(kind.type)
    return kind is not None and kind.name in _FREE and _takes_any(kind)


def _word(value: Any) -> str:
    """Return the text of a word; empty if it is not a word."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, Mapping | list) else text(value)


def _escape(found: re.Match[str]) -> str:
    return _WRITTEN[found[0]]


def _escape_attribute(found: re.Match[str]) -> str:
    return _WRITTEN_ATTRIBUTE[found[0]]
