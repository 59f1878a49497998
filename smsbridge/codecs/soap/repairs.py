"""What is repaired in the documents of a WSDL before zeep reads them: references that lead nowhere.

One such reference would cost the whole WSDL. It is given a type of ours instead, in a namespace of
ours, so that only the operation that meets it can't be used, and says why.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.definitions import LOST, WSDL_SPACE, qualified_name
from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xsd_types import SIMPLE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_OCCURS = ("minOccurs", "maxOccurs")
_XS = f"{{{XSD}}}"
_PART = f"{{{WSDL_SPACE}}}part"
_TYPES = f"{{{WSDL_SPACE}}}types"
_TEXTS = (
    "anySimpleType",
    "anyType",
    "ENTITIES",
    "ENTITY",
    "ID",
    "IDREF",
    "IDREFS",
    "language",
    "Name",
    "NCName",
    "NMTOKEN",
    "NMTOKENS",
    "normalizedString",
    "NOTATION",
    "string",
    "token",
)
_BUILT_IN = {name.lower(): name for name in (*SIMPLE, *_TEXTS)}
_DECLARED = {
    "complexType": "type",
    "simpleType": "type",
    "element": "element",
    "group": "group",
    "attributeGroup": "attributeGroup",
    "attribute": "attribute",
}
_TYPED = {
    "element": "type",
    "attribute": "type",
    "restriction": "base",
    "extension": "base",
    "list": "itemType",
    "union": "memberTypes",
}
"""By its tag, the attribute that names a type, or some."""
_XML = "http://www.w3.org/XML/1998/namespace"
_VALUES = ("value", "default", "fixed")
_ARRAY = re.compile(r"(?:\w+:)?array_?of_?(\w+)|(.+?)(?:\[\])+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostName:
    """A reference that leads nowhere: its kind, as it is written, and the name that it means.

    ``item``: the type that it is an array of, by what it is called.
    """

    kind: str
    said: str
    name: str
    item: str = ""

    @property
    def why(self) -> str:
        """What is wrong with what has it."""
        return f"has the {self.kind} {self.said or 'of no name'}, which no schema has"


def strip(root: Element) -> None:
    """Collapse the white space around names and addresses (XSD 1.0 part 2 §3.2.17 to §3.2.19)."""
    for element in root.iter("*"):
        for name, said in element.items():
            if said != (bare := str(said).strip()) and name not in _VALUES:
                element.set(name, bare)


def open_datasets(root: Element) -> None:
    """Let a reference to ``xs:schema`` be any element of that namespace: .NET's DataSet."""
    from lxml import etree

    for element in list(root.iterfind(f".//{_XS}element[@ref]")):
        if qualified_name(element, element.get("ref", "")) == f"{_XS}schema":
            some = {name: element.get(name, "1") for name in _OCCURS if name in element.attrib}
            anything = etree.Element(f"{_XS}any", {"namespace": XSD, "processContents": "skip"})
            for name, count in some.items():
                anything.set(name, count)
            _replace(element, anything)


class Repairs:
    """Repairs the references of some documents; ``lost`` has what led nowhere, by our names."""

    def __init__(self, schemas: Iterable[Element]) -> None:
        """``schemas``: each that the documents have, and those that ship with us."""
        self.lost: dict[str, LostName] = {}
        self._declared: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for schema in schemas:
            space = schema.get("targetNamespace", "")
            for one in (*schema, *schema.iterfind(f"{_XS}redefine/*")):
                kind = _DECLARED.get(split(one)[1]) if isinstance(one.tag, str) else None
                if kind:
                    self._declared[kind][one.get("name", "")].add(space)

    def repair(self, root: Element) -> None:
        """Give what is lost in a document a type of ours."""
        for element in list(root.iter(f"{_XS}*", _PART)):
            if element.tag == _PART:
                self._part(element)
            else:
                self._reference(element)

    def declare(self, wsdl: Element) -> None:
        """Add a schema of our types to a WSDL."""
        from lxml import etree

        if not self.lost:
            return
        types = wsdl.find(_TYPES)
        if types is None:
            types = etree.SubElement(wsdl, _TYPES)
        schema = etree.SubElement(
            types, f"{_XS}schema", {"targetNamespace": LOST}, nsmap={"xs": XSD}
        )
        for name in self.lost:
            if name.startswith("simple"):
                kind = etree.SubElement(schema, f"{_XS}simpleType", name=name)
                etree.SubElement(kind, f"{_XS}restriction", base="xs:string")
                continue
            kind = etree.SubElement(schema, f"{_XS}complexType", name=name)
            inside = etree.SubElement(kind, f"{_XS}sequence")
            etree.SubElement(inside, f"{_XS}element", name=name, type="xs:string", form="qualified")

    def _part(self, part: Element) -> None:
        """Repair a part of a message: by its element, else by its type (WSDL 1.1 §2.3.1)."""
        kind = "element" if part.get("element") is not None else "type"
        said = part.get(kind, "")
        if not self._has(kind, part, said):
            ours = self._lose(part, kind, said)
            if kind == "element":
                del part.attrib["element"]
            part.set("type", ours)

    def _reference(self, element: Element) -> None:
        tag = split(element)[1]
        ref = element.get("ref")
        if tag in _DECLARED and ref is not None:
            if not self._has(tag, element, ref):
                self._lose_reference(element, tag, ref)
            return
        attribute = _TYPED.get(tag, "type")
        simple = tag in ("attribute", "list", "union") or _is_simple(element)
        for said in element.get(attribute, "").split():
            if not self._has("type", element, said):
                element.set(attribute, self._lose(element, "type", said, simple=simple))
                break
        head = element.get("substitutionGroup")
        if head is not None and not self._has("element", element, head):
            del element.attrib["substitutionGroup"]

    def _lose_reference(self, element: Element, tag: str, said: str) -> None:
        """Put what has a type of ours where something was named; an attribute may be left out."""
        from lxml import etree

        local = re.sub(r"[^\w.-]", "", said.rpartition(":")[2])
        if tag == "attribute" and element.get("use") != "required":
            _replace(element)
        elif tag in ("attribute", "attributeGroup"):
            ours = etree.Element(f"{_XS}attribute", name=f"a{local}", use="required")
            ours.set("type", self._lose(element, tag, said, simple=True))
            _replace(element, ours)
        else:
            some = {name: element.get(name, "1") for name in _OCCURS if name in element.attrib}
            ours = etree.Element(f"{_XS}element", {"name": f"e{local}", **some})
            ours.set("type", self._lose(element, tag, said))
            _replace(element, ours)

    def _has(self, kind: str, at: Element, said: str) -> bool:
        name = qualified_name(at, said)
        if name is None:
            return False
        space, local = split(name)
        if space == _XML:
            return True
        if space == XSD and kind == "type":
            return _BUILT_IN.get(local.lower()) == local
        spaces = self._declared[kind].get(local, set())
        # a schema without a namespace may be included by any, and then is of that one
        return space in spaces or "" in spaces or (space == "" and bool(spaces))

    def _lose(self, at: Element, kind: str, said: str, *, simple: bool = False) -> Any:
        """Return the type of ours for a name that is lost."""
        from lxml import etree

        name = qualified_name(at, said) or said
        lost = LostName(kind=kind, said=said, name=name, item=self._item(at, said, kind))
        stem = "simple" if simple else "complex"
        known = (ours for ours, one in self.lost.items() if one == lost and ours.startswith(stem))
        ours = next(known, f"{stem}-{len(self.lost)}")
        self.lost[ours] = lost
        return etree.QName(LOST, ours)

    def _item(self, at: Element, said: str, kind: str) -> str:
        """Return the name of the type that one is an array of, by what it is called, if it is."""
        found = _ARRAY.fullmatch(said) if kind == "type" else None
        if found is None:
            return ""
        prefix = said.rpartition(":")[0]
        item = found[2] or (f"{prefix}:{found[1]}" if prefix else found[1])
        if self._has("type", at, item):
            return qualified_name(at, item) or ""
        local = item.rpartition(":")[2]
        if local.lower() in _BUILT_IN:
            return f"{_XS}{_BUILT_IN[local.lower()]}"
        spaces = self._declared["type"].get(local, set())
        return f"{{{next(iter(spaces))}}}{local}" if len(spaces) == 1 else ""


def _is_simple(element: Element) -> bool:
    """Return whether a restriction or extension is of text."""
    above = element.getparent()
    return above is not None and split(above)[1] in ("simpleType", "simpleContent")


def _replace(element: Element, *others: Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    parent.remove(element)
    for other in reversed(others):
        parent.insert(at, other)
