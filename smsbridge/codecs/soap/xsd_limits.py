"""Schemas without what makes libxml2 slow: it then checks less, and is done within seconds.

Its time grows with the third power of the elements of a type (2.14, measured), and with the fourth
of the orders in it that may repeat: of a type that would take it too long, anything is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xml import BadXML
from smsbridge.codecs.soap.xsd_sizes import Weight, Weights

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_MOST_OCCURS = 1_000
_MOST_DIGITS = 9
_MOST_PATTERN = 200
_MOST_WEIGHT = 10**6  # of a type that holds others, twice each, it may be beyond all floats
_MOST_COST = 5e8
"""Some two seconds."""


def make_lean(schemas: Iterable[Element]) -> None:
    """Take out of schemas what would take libxml2 too long."""
    weights = Weights()
    for schema in schemas:
        weights.add(schema)
        _limit(schema)
    try:
        found = weights.all()
    except BadXML:  # libxml2 finds that itself
        return
    spent = 0.0
    for declared, key in weights.types:
        cost = _cost(found[key])
        if spent + cost > _MOST_COST:
            _open(declared)
        else:
            spent += cost


def _cost(weight: Weight) -> float:
    elements, loops = (float(min(one, _MOST_WEIGHT)) for one in weight)
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
