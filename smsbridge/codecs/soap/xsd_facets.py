"""What the simple types of schemas allow, their words and limits: zeep keeps neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_OWN = ("enumeration", "whiteSpace")
_MOST_LIMITS = 100
_Facet = tuple[str, str]


class _Facets(NamedTuple):
    """What a type lists, and its other facets. Types that add none share what they have."""

    words: tuple[str, ...]
    limits: tuple[_Facet, ...]


_NONE = _Facets((), ())


class Facets:
    """The facets of the simple types of some documents; zeep keeps none.

    A type without a name goes by that of its element, as in zeep. Several may have one name: then
    what counts is what holds for all of them. A type has what the one that it restricts has, but
    for the facets that it gives itself. Of limits it has a hundred at most.
    """

    def __init__(self, documents: Iterable[Element]) -> None:
        """Read the facets of every simple type in some documents."""
        self._found: dict[str, list[tuple[_Facets, str]]] = {}
        self._whole: dict[str, list[_Facets]] = {}
        self._named: set[str] = set()
        for document in documents:
            for schema in document.iter(f"{_XS}schema"):
                for simple in schema.iter(f"{_XS}simpleType"):
                    self._add(schema.get("targetNamespace", ""), simple)

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words that a type lists."""
        found = self._of(name)
        if len(found) == 1:
            return found[0].words
        every = all(one.words for one in found)
        return tuple(dict.fromkeys(word for one in found for word in one.words)) if every else ()

    def limits(self, name: str) -> tuple[str, ...]:
        """Return the other facets of a type."""
        first, *others = self._of(name) or [_NONE]
        common = frozenset(first.limits).intersection(*(one.limits for one in others))
        return tuple(f"{facet} {said}" for facet, said in first.limits if (facet, said) in common)

    def unnamed(self, name: str) -> bool:
        """Return whether a name is that of an element only."""
        return name in self._found and name not in self._named

    def _of(self, name: str) -> list[_Facets]:
        """Return the facets of each type of a name, with those of the types that they restrict.

        They are worked out once for each name, from its bases up: a type in a circle has its own.
        """
        waiting = [name]
        begun: set[str] = set()
        while waiting:
            current = waiting[-1]
            own = self._declared(current)
            bases = {base for _, base in own}
            missing = [base for base in bases if base not in self._whole and base not in begun]
            if current in self._whole or not missing or current in begun:
                waiting.pop()
                self._whole.setdefault(current, [self._with_base(*one) for one in own])
            else:
                begun.add(current)
                waiting += missing
        return self._whole[name]

    def _declared(self, name: str) -> list[tuple[_Facets, str]]:
        included = f"{{}}{split(name)[1]}"  # a schema without a namespace, in whatever includes it
        return self._found.get(name) or self._found.get(included, [])

    def _with_base(self, own: _Facets, base: str) -> _Facets:
        above = next(iter(self._whole.get(base, [])), _NONE)
        given = {facet for facet, _ in own.limits}
        kept = tuple(one for one in above.limits if one[0] not in given) if given else above.limits
        limits = kept[: _MOST_LIMITS - len(own.limits)] + own.limits if given else kept
        return _Facets(own.words or above.words, limits)

    def _add(self, space: str, simple: Element) -> None:
        parent = simple.getparent()
        local = simple.get("name") or (parent.get("name") if parent is not None else None)
        if not local:
            return
        name = f"{{{space}}}{local}"
        if simple.get("name"):
            self._named.add(name)
        facets = simple.iterfind(f"{_XS}restriction/{_XS}*[@value]")
        given = [(split(facet)[1], str(facet.get("value"))) for facet in facets]
        words = tuple(dict.fromkeys(said for facet, said in given if facet == "enumeration"))
        limits = tuple(one for one in given if one[0] not in _OWN)[:_MOST_LIMITS]
        self._found.setdefault(name, []).append((_Facets(words, limits), _base(simple)))


def _base(simple: Element) -> str:
    """Return the qualified name of the type that another restricts; empty if it has none."""
    restriction = simple.find(f"{_XS}restriction")
    if restriction is None:
        return ""
    prefix, _, local = restriction.get("base", "").strip().rpartition(":")
    return f"{{{restriction.nsmap.get(prefix or None, '')}}}{local}"
