"""Schemas without ``xs:redefine``, which zeep doesn't know: what it says becomes an include."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_DEFINES = ("complexType", "simpleType", "group", "attributeGroup")
_SUFFIX = ".redefined"
Names = set[tuple[str, str]]
"""What is redefined: the kind of each, and its name."""


def unfold_redefines(root: Element) -> Iterator[tuple[str, Names]]:
    """Turn each redefine into an include beside what it defines, which then refers to the old one.

    Yields the place that is included, and what must be renamed there (XSD 1.0 part 1 §4.2.2).
    """
    for redefine in list(root.iter(f"{_XS}redefine")):
        schema = redefine.getparent()
        if schema is None:
            continue
        names: Names = set()
        for child in list(redefine):
            kind = split(child)[1] if isinstance(child.tag, str) else ""
            if kind in _DEFINES:
                name = child.get("name", "")
                names.add((kind, name))
                _refer_to_old(child, kind, name)
                schema.append(child)
            else:
                redefine.remove(child)
        redefine.tag = f"{_XS}include"
        yield redefine.get("schemaLocation", ""), names


def rename_old(root: Element, names: Names) -> None:
    """Rename in a document what another redefines."""
    for schema in root.iter(f"{_XS}schema"):
        for child in schema:
            kind = split(child)[1] if isinstance(child.tag, str) else ""
            if (kind, child.get("name", "")) in names:
                child.set("name", child.get("name", "") + _SUFFIX)


def _refer_to_old(definition: Element, kind: str, name: str) -> None:
    """Let a definition refer to the old one of its name, from which it is made."""
    attribute = "ref" if kind.endswith("roup") else "base"
    for element in definition.iter(f"{_XS}{kind}", f"{_XS}extension", f"{_XS}restriction"):
        said = element.get(attribute, "").strip()
        if element is not definition and said.rpartition(":")[2] == name:
            element.set(attribute, said + _SUFFIX)
