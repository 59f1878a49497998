"""The SOAP envelope, 1.1 and 1.2: lenient in, strict out. Knows no contract and no zeep."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from smsbridge.codecs import Note, Unreadable
from smsbridge.xml import BadXML, Limits, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
ENCODING11 = "http://schemas.xmlsoap.org/soap/encoding/"
ENCODING12 = "http://www.w3.org/2003/05/soap-encoding"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
CONTENT_TYPES = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_HREFS = 40


def unsendable(value: str) -> re.Match[str] | None:
    """Return the first character that XML 1.0 can't carry."""
    return _CONTROL.search(value)


class MustUnderstand(Unreadable):
    """A header block that the caller says must be understood, and isn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope that was read: its version (a namespace), the body's first child, its others."""

    version: str
    child: Element
    ids: Mapping[str, Element]

    @property
    def fault(self) -> dict[str, Any] | None:
        """The fault as code (its local name), string and detail, whatever their order."""
        if split(self.child) != (self.version, "Fault"):
            return None
        found = {split(child)[1]: child for child in self.child}
        if self.version == SOAP11:
            code, string, detail = (found.get(n) for n in ("faultcode", "faultstring", "detail"))
        else:
            code, string = (_first(found.get(n)) for n in ("Code", "Reason"))
            detail = found.get("Detail")
        return {
            "code": _text(code).rpartition(":")[2],
            "string": _text(string),
            "detail": None if detail is None else self.value(detail),
        }

    def value(self, element: Element, declared: str = "string", note: Note = lambda _: None) -> Any:
        """Return an element as text, None, a list (an encoded array) or a dict by local name.

        ``declared`` is the contract's type, which beats ``xsi:type``: base64 for text is decoded.
        """
        element = self._resolved(element, note)
        if element.get(f"{{{XSI}}}nil") in ("1", "true"):
            return None
        said = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
        if len(element):
            return self._children(element, said, note)
        content = element.text or ""
        if said in ("base64Binary", "base64") and declared not in ("base64Binary", "base64"):
            note("base64 for text")
            return _unbase64(content)
        return content

    def _children(self, element: Element, said: str, note: Note) -> Any:
        if said == "Map":
            note("an associative array")
            return {_text(_first(item)): self.value(item[-1], note=note) for item in element}
        attributes = {str(name): str(value) for name, value in element.attrib.items()}
        if said == "Array" or any(split(name)[1] == "arrayType" for name in attributes):
            return [self.value(item, note=note) for item in element]
        tree: dict[str, Any] = {
            f"@{name}": value for name, value in attributes.items() if not name.startswith("{")
        }
        for child in element:
            name, value = split(child)[1], self.value(child, note=note)
            if name not in tree:
                tree[name] = value
            elif isinstance(tree[name], list):
                tree[name].append(value)
            else:
                tree[name] = [tree[name], value]
        return tree

    def _resolved(self, element: Element, note: Note) -> Element:
        for _ in range(_MOST_HREFS):
            href = element.get("href") if not len(element) else None
            if href is None or not href.startswith("#"):
                return element
            note("a value by reference (href)")
            if href[1:] not in self.ids:
                raise Unreadable("a reference (href) that leads nowhere")
            element = self.ids[href[1:]]
        raise Unreadable("references (href) in a circle")


def read_envelope(
    body: bytes, limits: Limits, content_type: str, note: Note = lambda _: None
) -> Envelope:
    """Return the envelope of a request or an answer; raises `Unreadable`."""
    try:
        root = parse_xml(body, limits, content_type, note)
    except BadXML as error:
        raise Unreadable(str(error)) from None
    version, name = split(root)
    if name != "Envelope" or version not in (SOAP11, SOAP12):
        raise Unreadable("it is XML, but no SOAP envelope")
    bodies = [child for child in root if split(child) == (version, "Body")]
    if len(bodies) != 1 or not len(bodies[0]):
        raise Unreadable("the envelope has not one Body with something in it")
    for block in (
        block for child in root if split(child) == (version, "Header") for block in child
    ):
        if block.get(f"{{{version}}}mustUnderstand") in ("1", "true"):
            raise MustUnderstand("the envelope has a header block that must be understood")
    return Envelope(version=version, child=bodies[0][0], ids=_ids(bodies[0]))


def write_fault(version: str, code: str, string: str) -> bytes:
    """Return a fault's envelope. ``code`` in SOAP 1.1's words: Client, Server, and so on."""
    said = escape(_CONTROL.sub("", string))
    if version == SOAP11:
        inner = f"<faultcode>SOAP-ENV:{code}</faultcode><faultstring>{said}</faultstring>"
    else:
        code = {"Client": "Sender", "Server": "Receiver"}.get(code, code)
        inner = (
            f"<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{code}</SOAP-ENV:Value></SOAP-ENV:Code>"
            f'<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">{said}</SOAP-ENV:Text>'
            "</SOAP-ENV:Reason>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{version}"><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"{inner}</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def split(name: Element | str) -> tuple[str, str]:
    """Return namespace and local name of an element or of a qualified name."""
    qualified = name if isinstance(name, str) else str(name.tag)
    namespace, _, local = qualified.rpartition("}")
    return namespace.removeprefix("{"), local


def _ids(body: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in body.iter():
        if name := element.get("id"):
            if name in found and any("href" in other.attrib for other in body.iter()):
                raise Unreadable("two elements have the same id")
            found[name] = element
    return found


def _first(element: Element | None) -> Element | None:
    return element[0] if element is not None and len(element) else None


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def _unbase64(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unreadable("base64 that holds no text") from None


def children(element: Element) -> Iterator[tuple[str, Element]]:
    """Yield the local name and the element of each child."""
    for child in element:
        yield split(child)[1], child
