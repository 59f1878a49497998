"""A sample of a simple type that keeps the limits that its schema sets, as far as a guess can."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xsd_types import Simple

if TYPE_CHECKING:
    from lxml.etree import XMLSchema

_MOST_LENGTH = 200
_MOST_PATTERN = 200
_LOOP = r"(?:[*+]|\{[0-9]*,[0-9]*\})"
_SLOW = re.compile(rf"{_LOOP}.*\)[*+{{]|(?:{_LOOP}[^*+{{]*){{5}}", re.DOTALL)
_TYPICAL = (
    "12025550123",
    "+12025550123",
    "00000000-0000-4000-8000-000000000000",
    "sms@acme.example",
)
_LETTERS = ("1", "A", "a")
_MOST_REPEATED = 40
_Facets = list[tuple[str, str]]


def fit(simple: Simple, limits: Iterable[str]) -> str:
    """Return the sample of a built-in type, or another of its texts that keeps the given limits.

    ``limits``: facets as a schema names them, ``maxLength 40``. If a pattern can't be satisfied,
    the sample is returned unchanged.
    """
    facets = _split(limits)
    if not facets:
        return simple.sample
    words = (word for word in _words(simple.sample, facets) if simple.takes(word))
    return next((word for word in words if _keeps(word, facets)), simple.sample)


def keeps(word: str, limits: Iterable[str]) -> bool:
    """Return whether a text keeps some limits, as far as we can read them."""
    return _keeps(word, _split(limits))


def breaks(word: str, limits: Iterable[str]) -> str | None:
    """Return the limit that a text surely breaks, as it is named; None where we can't tell."""
    facets = _split(limits)
    for facet, said in facets:
        with suppress(ValueError, InvalidOperation):
            if facet in _KEPT and not _KEPT[facet](word, said):
                return f"{facet} {said}"
    patterns = tuple(said for facet, said in facets if facet == "pattern")
    if patterns and _read(patterns).refuses(word):
        return f"pattern {patterns[0]}"
    return None


def _split(limits: Iterable[str]) -> _Facets:
    return [(facet, said) for facet, _, said in (limit.partition(" ") for limit in limits)]


def _words(sample: str, facets: _Facets) -> Iterator[str]:
    """Yield texts to try: the sample, what the limits name, and what patterns mostly ask for."""
    yield sample
    for facet, said in facets:
        if facet.endswith("Length") or facet == "length":
            size = min(int(said.lstrip("0")[:9] or 0), _MOST_LENGTH) if said.isdecimal() else 0
            yield (sample * size)[:size]
        elif facet.endswith("Inclusive"):
            yield said
        elif facet.endswith("Exclusive"):
            with suppress(ArithmeticError):  # it is not a number, or beyond all of them
                yield str(Decimal(said) + (1 if facet.startswith("min") else -1))
    yield from _TYPICAL
    for size in range(1, _MOST_REPEATED + 1):
        yield from (letter * size for letter in _LETTERS)


def _keeps(word: str, facets: _Facets) -> bool:
    patterns = tuple(said for facet, said in facets if facet == "pattern")
    if patterns and not _read(patterns).match(word):
        return False
    try:
        return all(_KEPT[facet](word, said) for facet, said in facets if facet in _KEPT)
    except (ValueError, InvalidOperation):
        return False


class _Patterns:
    """Patterns as libxml2 reads them: unlike `re`, it gives up on a pattern that takes too long.

    A pattern that may take long, with nested or many repetitions, is not tried.
    """

    def __init__(self, patterns: tuple[str, ...]) -> None:
        from lxml import etree

        root = etree.Element(f"{{{XSD}}}schema")
        element = etree.SubElement(root, f"{{{XSD}}}element", name="word")
        held = etree.SubElement(element, f"{{{XSD}}}simpleType")
        held = etree.SubElement(held, f"{{{XSD}}}restriction", base="xs:string", nsmap={"xs": XSD})
        self._schema: XMLSchema | None = None
        with suppress(etree.LxmlError, ValueError):
            for pattern in patterns:
                etree.SubElement(held, f"{{{XSD}}}pattern", value=pattern)
            if not any(len(one) > _MOST_PATTERN or _SLOW.search(one) for one in patterns):
                self._schema = etree.XMLSchema(root)

    def refuses(self, word: str) -> bool:
        """Return whether a text is surely not matched."""
        return not self.match(word) and self._schema is not None

    def match(self, word: str) -> bool:
        from lxml import etree

        schema, element = self._schema, etree.Element("word")
        try:
            element.text = word
            return schema is not None and schema.validate(element)
        except ValueError:  # what XML can't carry
            return False
        except etree.LxmlError:
            self._schema = None
            return False


_read = lru_cache(maxsize=256)(_Patterns)


def _compare(word: str, said: str) -> int:
    """Return the order of two values: as numbers, otherwise as texts (times are texts here)."""
    with suppress(InvalidOperation):
        return int(Decimal(word).compare(Decimal(said)))
    return (word > said) - (word < said)


def _digits(word: str) -> str:
    return re.sub(r"[^0-9]", "", word)


_KEPT: Mapping[str, Callable[[str, str], bool]] = {
    "length": lambda word, said: len(word) == int(said),
    "minLength": lambda word, said: len(word) >= int(said),
    "maxLength": lambda word, said: len(word) <= int(said),
    "minInclusive": lambda word, said: _compare(word, said) >= 0,
    "maxInclusive": lambda word, said: _compare(word, said) <= 0,
    "minExclusive": lambda word, said: _compare(word, said) > 0,
    "maxExclusive": lambda word, said: _compare(word, said) < 0,
    "totalDigits": lambda word, said: len(_digits(word)) <= int(said),
    "fractionDigits": lambda word, said: len(word.partition(".")[2]) <= int(said),
}
