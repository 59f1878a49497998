"""A document as zeep reads it rightly; one that would make zeep grow without end is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xml import BadXML
from smsbridge.codecs.soap.xsd_sizes import Weights

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_STRAY = f".//{_XS}schema//{{http://schemas.xmlsoap.org/wsdl/}}*"
_MOST = 200_000


class Tidy:
    """Tidies the documents of one WSDL, one after another; raises `BadXML`."""

    def __init__(self) -> None:
        """Begin with no document."""
        self._weights = Weights()

    def tidied(self, root: Element) -> Element:
        """Return a document whose choices say themselves that they may be empty: zeep forgets it.

        Raises `BadXML` where all documents so far, with what zeep copies of them, are too much.
        """
        for stray in root.iterfind(_STRAY):
            if next(stray.iterancestors(f"{_XS}annotation"), None) is None:
                name = str(stray.tag).rpartition("}")[2]
                raise BadXML(f"its schema has <{name}> in the namespace of WSDL, not of XML Schema")
        for choice in root.iter(f"{_XS}choice"):
            if any(inner.get("minOccurs", "").strip() == "0" for inner in choice):
                choice.set("minOccurs", "0")
        for schema in root.iter(f"{_XS}schema"):
            self._weights.add(schema)
        if sum(weight.elements for weight in self._weights.all().values()) > _MOST:
            raise BadXML(f"its types and groups would grow to more than {_MOST} elements")
        return root
