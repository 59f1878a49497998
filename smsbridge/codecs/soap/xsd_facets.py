"""The words and limits of the simple types of schemas: zeep keeps neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_OWN = ("enumeration", "whiteSpace")
_HOLDERS = (f"{_XS}restriction", f"{_XS}list", f"{_XS}union")
_OUTER = (f"{_XS}simpleType",)
_MOST_LIMITS = 100
_Facet = tuple[str, str]


class _Facets(NamedTuple):
    """The words that a type lists, and its other facets. Types that add none share them.

    ``listed``: the name of the type of a list's words; ``members``: those of a union.
    """

    words: tuple[str, ...]
    limits: tuple[_Facet, ...]
    listed: str = ""
    members: tuple[str, ...] = ()


_NONE = _Facets((), ())


class Facets:
    """The facets of the simple types of some documents; zeep keeps none.

    A type without a name gets the name of its element, as in zeep. If several types have the same
    name, only what holds for all of them counts. A type inherits the facets of the type that it
    restricts, except for those that it sets itself. It has at most a hundred limits.
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

    def list_type(self, name: str) -> str:
        """Return the name of the type of a list's words; empty if the type is not a list."""
        found = {one.listed for one in self._of(name)}
        return found.pop() if len(found) == 1 else ""

    def members(self, name: str) -> tuple[str, ...]:
        """Return the names of the types of a union; none if the type is not one."""
        found = {one.members for one in self._of(name)}
        return found.pop() if len(found) == 1 else ()

    def builtin(self, name: str) -> str:
        """Return the name of the built-in type that a simple type is made of."""
        seen: set[str] = set()
        while split(name)[0] != XSD and name not in seen:
            seen.add(name)
            name = next((base for _, base in self._own_facets(name)), "")
        return split(name)[1] or "anySimpleType"

    def is_anonymous(self, name: str) -> bool:
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
            own = self._own_facets(current)
            bases = {base for _, base in own}
            missing = [base for base in bases if base not in self._whole and base not in begun]
            if current in self._whole or not missing or current in begun:
                waiting.pop()
                self._whole.setdefault(current, [self._with_base(*one) for one in own])
            else:
                begun.add(current)
                waiting += missing
        return self._whole[name]

    def _own_facets(self, name: str) -> list[tuple[_Facets, str]]:
        included = f"{{}}{split(name)[1]}"  # a schema without a namespace, in whatever includes it
        return self._found.get(name) or self._found.get(included, [])

    def _with_base(self, own: _Facets, base: str) -> _Facets:
        above = next(iter(self._whole.get(base, [])), _NONE)
        given = {facet for facet, _ in own.limits}
        kept = tuple(one for one in above.limits if one[0] not in given) if given else above.limits
        limits = kept[: _MOST_LIMITS - len(own.limits)] + own.limits if given else kept
        return _Facets(
            own.words or above.words,
            limits,
            own.listed or above.listed,
            own.members or above.members,
        )

    def _add(self, space: str, simple: Element) -> None:
        name = _name_of(space, simple)
        if not name:
            return
        if simple.get("name"):
            self._named.add(name)
        facets = simple.iterfind(f"{_XS}restriction/{_XS}*[@value]")
        given = [(split(facet)[1], str(facet.get("value"))) for facet in facets]
        words = tuple(dict.fromkeys(said for facet, said in given if facet == "enumeration"))
        limits = tuple(one for one in given if one[0] not in _OWN)[:_MOST_LIMITS]
        (base, *_) = (*_types_of(space, simple, "restriction", "base"), "")
        (listed, *_) = (*_types_of(space, simple, "list", "itemType"), "")
        members = tuple(_types_of(space, simple, "union", "memberTypes"))
        found = _Facets(words, limits, listed, members)
        self._found.setdefault(name, []).append((found, base))


def _name_of(space: str, simple: Element) -> str:
    """Return the name of a type; of one inside another, that of the other with its place."""
    parent = simple.getparent()
    if simple.get("name"):
        return f"{{{space}}}{simple.get('name')}"
    if parent is None:
        return ""
    if parent.tag in _HOLDERS:
        outer = parent.getparent()
        number = sum(1 for one in simple.itersiblings(f"{_XS}simpleType", preceding=True))
        above = _name_of(space, outer) if outer is not None and outer.tag in _OUTER else ""
        return above and f"{above}/{number}"
    return f"{{{space}}}{parent.get('name')}" if parent.get("name") else ""


def _types_of(space: str, simple: Element, way: str, attribute: str) -> Iterator[str]:
    """Yield the names of the types that another restricts, lists or unites."""
    for made in simple.iterfind(f"{_XS}{way}"):
        for word in made.get(attribute, "").split():
            prefix, _, local = word.rpartition(":")
            yield f"{{{made.nsmap.get(prefix or None, '')}}}{local}"
        yield from (_name_of(space, inner) for inner in made.iterfind(f"{_XS}simpleType"))
