"""What the simple types of schemas allow, their words and limits: zeep keeps neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_OWN = ("enumeration", "whiteSpace")
_Own = list[tuple[str, str]]


class Facets:
    """The facets of the simple types of some documents; zeep keeps none.

    A type without a name goes by that of its element, as in zeep. Several may have one name: then
    what counts is what holds for all of them. A type has what the one that it restricts has, but
    for the facets that it gives itself.
    """

    def __init__(self, documents: Iterable[Element]) -> None:
        """Read the facets of every simple type in some documents."""
        self._found: dict[str, list[tuple[_Own, str]]] = {}
        self._named: set[str] = set()
        for document in documents:
            for schema in document.iter(f"{_XS}schema"):
                for simple in schema.iter(f"{_XS}simpleType"):
                    self._add(schema.get("targetNamespace", ""), simple)

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words that a type lists."""
        lists = [[said for facet, said in own if facet == "enumeration"] for own in self._of(name)]
        return tuple(dict.fromkeys(word for own in lists for word in own)) if all(lists) else ()

    def limits(self, name: str) -> tuple[str, ...]:
        """Return the other facets of a type."""
        first, *others = self._of(name) or [[]]
        common = [one for one in first if all(one in own for own in others)]
        return tuple(f"{facet} {said}" for facet, said in common if facet not in _OWN)

    def unnamed(self, name: str) -> bool:
        """Tell whether a name is that of an element only."""
        return name in self._found and name not in self._named

    def _of(self, name: str, above: tuple[str, ...] = ()) -> list[_Own]:
        included = f"{{}}{split(name)[1]}"  # a schema without a namespace, in whatever includes it
        found = self._found.get(name) or self._found.get(included, [])
        whole = []
        for own, base in found if name not in above else []:
            names = {facet for facet, _ in own}
            restricted = next(iter(self._of(base, (*above, name))), [])
            whole.append([one for one in restricted if one[0] not in names] + own)
        return whole

    def _add(self, space: str, simple: Element) -> None:
        parent = simple.getparent()
        local = simple.get("name") or (parent.get("name") if parent is not None else None)
        if not local:
            return
        name = f"{{{space}}}{local}"
        if simple.get("name"):
            self._named.add(name)
        facets = simple.iterfind(f"{_XS}restriction/{_XS}*[@value]")
        own = [(split(facet)[1], str(facet.get("value"))) for facet in facets]
        self._found.setdefault(name, []).append((own, _base(simple)))


def _base(simple: Element) -> str:
    """Return the qualified name of the type that another restricts; empty if it has none."""
    restriction = simple.find(f"{_XS}restriction")
    if restriction is None:
        return ""
    prefix, _, local = restriction.get("base", "").strip().rpartition(":")
    return f"{{{restriction.nsmap.get(prefix or None, '')}}}{local}"
