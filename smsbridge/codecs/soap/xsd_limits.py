"""How large the types of schemas are, and schemas without what makes libxml2 slow.

libxml2 then checks less, and is done within seconds. Its time grows with the third power of the
elements of a type (2.14, measured), and with the fourth of the orders in it that may repeat: of a
type that would take it too long, anything is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xml import BadXML

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_MOST_OCCURS = 1_000
_MOST_DIGITS = 9
_MOST_PATTERN = 200
_MOST_SIZE = 10**6  # if each type holds the next twice, it may exceed every float
_MOST_COST = 5e8
"""Some two seconds."""
_COUNTED = (f"{_XS}element", f"{_XS}attribute")
_ORDERS = (f"{_XS}sequence", f"{_XS}choice", f"{_XS}group")
_MOST_STEPS = 40
"""zeep's time grows with the third power of the depth: a type of a type of a type, and so on."""
_TOO_DEEP = "its types or groups are nested too deeply"
_HOLDERS = {
    f"{_XS}complexType": "type",
    f"{_XS}simpleType": "type",
    f"{_XS}group": "group",
    f"{_XS}attributeGroup": "attributeGroup",
}
Key = tuple[str, str, str]
"""The key of a type or group: its kind, its namespace, and its name, or a number without one."""


class TypeSize(NamedTuple):
    """How many elements and attributes something holds, and how many repeatable groups."""

    elements: int
    loops: int


class TypeSizes:
    """Measures what schemas declare: what a group, base or union names is part of it.

    ``types``: each type that may hold elements, as it is in a schema, with its key.
    """

    def __init__(self) -> None:
        """Begin with no schema."""
        self.types: list[tuple[Element, Key]] = []
        self._held: dict[Key, list[Key]] = defaultdict(list)
        self._own: dict[Key, TypeSize] = defaultdict(lambda: TypeSize(0, 0))

    def add(self, schema: Element) -> None:
        """Take what a schema declares."""
        top = ("", schema.get("targetNamespace", ""), f"{len(self._own)}")
        spaces = {prefix or "": space for prefix, space in schema.nsmap.items()}
        self._walk(schema, top, spaces)

    def all(self) -> dict[Key, TypeSize]:
        """Return every size; raises `BadXML` if something holds itself."""
        found: dict[Key, TypeSize] = {}
        steps: dict[Key, int] = {}
        try:
            for key in list(self._held):
                self._measure(key, found, steps, ())
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
                named = _split_name(child, child.get("ref", "").strip(), spaces)
                self._held[holder].append((kind, *named))
            own = self._own[inside]
            loop = tag in _ORDERS and child.get("maxOccurs", "1").strip() not in ("0", "1")
            self._own[inside] = TypeSize(own.elements + (tag in _COUNTED), own.loops + loop)
            for word in f"{child.get('base', '')} {child.get('memberTypes', '')}".split():
                self._held[inside].append(("type", *_split_name(child, word, spaces)))
            self._walk(child, inside, spaces)

    def _measure(
        self, key: Key, found: dict[Key, TypeSize], steps: dict[Key, int], above: tuple[Key, ...]
    ) -> TypeSize:
        if key in above:
            raise BadXML(f"its {key[0]} {key[2]} is made of itself")
        if key not in found:
            elements, loops = self._own[key] if key in self._own else TypeSize(0, 0)
            for other in self._held.get(key, ()):
                size = self._measure(other, found, steps, (*above, key))
                steps[key] = max(steps.get(key, 0), steps.get(other, 0) + 1)
                elements, loops = elements + size.elements, loops + size.loops
            if steps.get(key, 0) > _MOST_STEPS:
                raise BadXML(_TOO_DEEP)
            found[key] = TypeSize(elements + len(self._held.get(key, ())), loops)
        return found[key]


def _split_name(element: Element, word: str, spaces: Mapping[str, str]) -> tuple[str, str]:
    """Return namespace and name of a reference."""
    prefix, _, name = word.rpartition(":")
    if prefix in spaces:
        return spaces[prefix], name
    return element.nsmap.get(prefix or None, ""), name


def make_lean(schemas: Iterable[Element]) -> None:
    """Take out of schemas what would take libxml2 too long."""
    sizes = TypeSizes()
    for schema in schemas:
        sizes.add(schema)
        _limit(schema)
    try:
        found = sizes.all()
    except BadXML:  # libxml2 reports that itself
        return
    spent = 0.0
    for declared, key in sizes.types:
        cost = _cost(found[key])
        if spent + cost > _MOST_COST:
            _open(declared)
        else:
            spent += cost


def _cost(size: TypeSize) -> float:
    elements, loops = (float(min(one, _MOST_SIZE)) for one in size)
    return elements**3 * max(1.0, loops / 4) ** 4


def _open(declared: Element) -> None:
    from lxml import etree

    for child in list(declared):
        declared.remove(child)
    held = etree.SubElement(declared, f"{_XS}sequence")
    etree.SubElement(held, f"{_XS}any", minOccurs="0", maxOccurs="unbounded", processContents="lax")
    etree.SubElement(declared, f"{_XS}anyAttribute", processContents="lax")


def _limit(schema: Element) -> None:
    for element in list(schema.iter(f"{_XS}*")):
        if _above(element.get("maxOccurs", "")):
            element.set("maxOccurs", "unbounded")
        if _above(element.get("minOccurs", "")):
            element.set("minOccurs", str(_MOST_OCCURS))
        parent = element.getparent()
        long = len(element.get("value", "")) > _MOST_PATTERN
        if element.tag == f"{_XS}pattern" and long and parent is not None:
            parent.remove(element)


def _above(occurs: str) -> bool:
    digits = occurs.strip().lstrip("0")
    return digits.isdecimal() and (len(digits) > _MOST_DIGITS or int(digits) > _MOST_OCCURS)
