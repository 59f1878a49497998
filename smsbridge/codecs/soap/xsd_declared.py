"""What a schema says of its types and values, where zeep keeps no word of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xsd_facets import Facets

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_VALUED = (f"{_XS}element", f"{_XS}attribute")
_CONTENTS = (f"{_XS}complexContent", f"{_XS}simpleContent")
_WAYS = tuple(f"{one}/{_XS}{way}" for one in _CONTENTS for way in ("extension", "restriction"))
_TRUE = ("true", "1")
_NAMELESS = (XSD, "anySimpleType")  # what zeep calls a list or a union
_MARK = "\N{REPLACEMENT CHARACTER}smsbridge:"


class Declared:
    """Finds what zeep made of documents where it was declared.

    zeep keeps a default and nothing else that is said of a value. So it is given a number for the
    default of each element and attribute: by it we know again what is in the schema.
    """

    def __init__(self, roots: Iterable[Element]) -> None:
        """``roots``: the documents, as zeep will have them."""
        self._nodes = [node for root in roots for node in root.iter(*_VALUED)]

    @contextmanager
    def put_numbers(self) -> Iterator[None]:
        """Put the numbers into the documents while zeep reads them."""
        said = [(node, node.get("default")) for node in self._nodes]
        for number, node in enumerate(self._nodes):
            node.set("default", f"{_MARK}{number}")
        try:
            yield
        finally:
            for node, value in said:
                if value is None:
                    del node.attrib["default"]
                else:
                    node.set("default", value)

    def node(self, made: Any) -> Element | None:
        """Return where zeep's element or attribute is declared; None for what it made itself."""
        mark, found, number = (made.default or "").partition(_MARK)
        return self._nodes[int(number)] if found and not mark else None


class Known:
    """What the documents say beyond zeep's model: names, facets, values, and derived types."""

    def __init__(
        self, schemas: Any, documents: Iterable[Element], facets: Facets, declared: Declared
    ) -> None:
        """``schemas`` is zeep's model of the ``documents``."""
        self.facets = facets
        self.node = declared.node
        self._schemas = schemas
        self._abstract: set[str] = set()
        self._abstract_elements: set[str] = set()
        self._uses: dict[str, set[str]] = {}
        self._derived: dict[str, list[str]] = {}
        self._members: dict[str, list[str]] = {}
        for document in documents:
            for schema in document.iter(f"{_XS}schema"):
                for used in schema.iterfind(f".//{_XS}attribute[@ref]"):
                    name = _whole_name(used, used.get("ref", ""))
                    self._uses.setdefault(name, set()).add(used.get("use", ""))
                for member in schema.iterfind(f"{_XS}element[@substitutionGroup]"):
                    head = _whole_name(member, member.get("substitutionGroup", ""))
                    name = f"{{{schema.get('targetNamespace', '')}}}{member.get('name')}"
                    self._members.setdefault(head, []).append(name)
                    self._abstract_elements |= {name} if _is_true(member, "abstract") else set()
                for found in schema.iterfind(f"{_XS}complexType[@name]"):
                    self._add(schema.get("targetNamespace", ""), found)

    def _add(self, space: str, declared: Element) -> None:
        name = f"{{{space}}}{declared.get('name')}"
        if _is_true(declared, "abstract"):
            self._abstract.add(name)
        for way in _WAYS:
            for made in declared.iterfind(way):
                base = _whole_name(made, made.get("base", ""))
                self._derived.setdefault(base, []).append(name)

    def is_abstract(self, name: str) -> bool:
        """Return whether nothing is of a type itself."""
        return name in self._abstract or f"{{}}{split(name)[1]}" in self._abstract

    def is_required_attribute(self, node: Element | None) -> bool:
        """Return whether all that refer to a global attribute require it: zeep forgets it."""
        return self._uses.get(_global_name(node)) == {"required"}

    def is_abstract_element(self, node: Element | None) -> bool:
        """Return whether an element never stands itself, but another of its substitution group."""
        return node is not None and _is_true(node, "abstract")

    def substitutes(self, node: Element | None) -> list[str]:
        """Return the names of the elements that can replace a global one, except abstract ones."""
        waiting = [_global_name(node)]
        for head in waiting:
            waiting += [one for one in self._members.get(head, ()) if one not in waiting]
        return [name for name in waiting[1:] if name not in self._abstract_elements]

    def types_for(self, name: str) -> Iterator[Any]:
        """Yield zeep's types that are derived from another, in the order of the documents."""
        waiting, seen = [name, f"{{}}{split(name)[1]}"], {name}
        while waiting:
            current = waiting.pop(0)
            for one in self._derived.get(current, ()):
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
                    if not self.is_abstract(one) and (found := self._by_name.get(one)) is not None:
                        yield found

    @cached_property
    def _by_name(self) -> Mapping[str, Any]:
        return {str(one.qname): one for one in self._schemas.types if one.qname}

    @cached_property
    def _names(self) -> Mapping[int, str]:
        documents = self._schemas.documents
        own = (one._types.items() for one in documents)  # noqa: SLF001  (a list knows no name)
        return {id(made): str(name) for items in own for name, made in items}

    def simple_name(self, made: Any, node: Element | None) -> str:
        """Return the name of a simple type; of one that has none, that of its element."""
        named = str(made.qname or "")
        if split(named) not in (("", ""), _NAMELESS):
            return named
        if id(made) in self._names:
            return self._names[id(made)]
        if node is None or not node.get("name"):
            return named
        if given := node.get("type", "").strip():
            return _whole_name(node, given)
        if node.find(f"{_XS}simpleType") is None:
            return named
        schema = next(node.iterancestors(f"{_XS}schema"), None)
        space = "" if schema is None else schema.get("targetNamespace", "")
        return f"{{{space}}}{node.get('name')}"


def _is_true(node: Element, name: str) -> bool:
    return (node.get(name) or "").strip() in _TRUE


def _whole_name(node: Element, said: str) -> str:
    """Return the qualified name that an attribute means where it stands."""
    prefix, _, local = said.strip().rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


def _global_name(node: Element | None) -> str:
    """Return the qualified name of what is declared for all; empty for anything else."""
    schema = None if node is None else node.getparent()
    if node is None or schema is None or schema.tag != f"{_XS}schema":
        return ""
    return f"{{{schema.get('targetNamespace', '')}}}{node.get('name')}"
