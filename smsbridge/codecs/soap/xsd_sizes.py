"""How large the types and groups of schemas are, with all that they copy from others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xml import BadXML

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_COUNTED = (f"{_XS}element", f"{_XS}attribute")
_ORDERS = (f"{_XS}sequence", f"{_XS}choice", f"{_XS}group")
_MOST_STEPS = 40
"""zeep's time grows with the third power of them: a type of a type of a type, and so on."""
_TOO_DEEP = "its types or groups are made of others, too many steps deep"
_HOLDERS = {
    f"{_XS}complexType": "type",
    f"{_XS}simpleType": "type",
    f"{_XS}group": "group",
    f"{_XS}attributeGroup": "attributeGroup",
}
Key = tuple[str, str, str]
"""What holds others: its kind, its namespace, and its name, or a number for one that has none."""


class Weight(NamedTuple):
    """How many elements and attributes something holds, and how many orders that may repeat."""

    elements: int
    loops: int


class Weights:
    """Weighs what schemas declare: what groups, bases and unions name, stands wherever it is named.

    ``types``: each type that may hold elements, as it stands in a schema, with its key.
    """

    def __init__(self) -> None:
        """Begin with no schema."""
        self.types: list[tuple[Element, Key]] = []
        self._held: dict[Key, list[Key]] = defaultdict(list)
        self._own: dict[Key, Weight] = defaultdict(lambda: Weight(0, 0))

    def add(self, schema: Element) -> None:
        """Take what a schema declares."""
        top = ("", schema.get("targetNamespace", ""), f"{len(self._own)}")
        spaces = {prefix or "": space for prefix, space in schema.nsmap.items()}
        self._walk(schema, top, spaces)

    def all(self) -> dict[Key, Weight]:
        """Return every weight; raises `BadXML` if something holds itself."""
        found: dict[Key, Weight] = {}
        steps: dict[Key, int] = {}
        try:
            for key in list(self._held):
                self._weigh(key, found, steps, ())
        except RecursionError:
            raise BadXML(_TOO_DEEP) from None
        return {key: found.get(key, own) for key, own in self._own.items()}

    def _walk(self, parent: Element, holder: Key, spaces: Mapping[str, str]) -> None:
        for child in parent:
            tag, inside = str(child.tag), holder
            kind = _HOLDERS.get(tag, "")
            if kind and not child.get("ref"):
                inside = (kind, holder[1], child.get("name") or f"#{len(self._own)}")
                if tag == f"{_XS}complexType":
                    self.types.append((child, inside))
            elif kind:
                named = _named(child, child.get("ref", "").strip(), spaces)
                self._held[holder].append((kind, *named))
            own = self._own[inside]
            loop = tag in _ORDERS and child.get("maxOccurs", "1").strip() not in ("0", "1")
            self._own[inside] = Weight(own.elements + (tag in _COUNTED), own.loops + loop)
            for word in f"{child.get('base', '')} {child.get('memberTypes', '')}".split():
                self._held[inside].append(("type", *_named(child, word, spaces)))
            self._walk(child, inside, spaces)

    def _weigh(
        self, key: Key, found: dict[Key, Weight], steps: dict[Key, int], above: tuple[Key, ...]
    ) -> Weight:
        if key in above:
            raise BadXML(f"its {key[0]} {key[2]} is made of itself")
        if key not in found:
            elements, loops = self._own[key] if key in self._own else Weight(0, 0)
            for other in self._held.get(key, ()):
                weight = self._weigh(other, found, steps, (*above, key))
                steps[key] = max(steps.get(key, 0), steps.get(other, 0) + 1)
                elements, loops = elements + weight.elements, loops + weight.loops
            if steps.get(key, 0) > _MOST_STEPS:
                raise BadXML(_TOO_DEEP)
            found[key] = Weight(elements + len(self._held.get(key, ())), loops)
        return found[key]


def _named(element: Element, word: str, spaces: Mapping[str, str]) -> tuple[str, str]:
    """Return namespace and name of a reference."""
    prefix, _, name = word.rpartition(":")
    if prefix in spaces:
        return spaces[prefix], name
    return element.nsmap.get(prefix or None, ""), name
