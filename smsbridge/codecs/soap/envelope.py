"""The SOAP envelope, 1.1 and 1.2: read leniently, written strictly, without contract or zeep."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.reader import Values, all_text, split
from smsbridge.codecs.soap.xml import BadXML, Limits, parse_xml
from smsbridge.mapping.codec import Note, Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
ENCODING11 = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_SECURITY = (WSSE, "Security")  # it is for whoever checks it, and is secret
_SPACES = (
    "http://www.w3.org/2005/08/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
)
_PROPERTIES = ("Action", "FaultTo", "From", "MessageID", "RelatesTo", "ReplyTo", "To")
ADDRESSING = frozenset((space, name) for space in _SPACES for name in _PROPERTIES)
"""The headers of WS-Addressing. For a client over HTTP they change nothing: the answer comes on the
connection of its request, and nothing follows it."""

_TARGETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    SOAP11: ("actor", ("", "http://schemas.xmlsoap.org/soap/actor/next")),
    SOAP12: ("role", ("", f"{SOAP12}/role/next", f"{SOAP12}/role/ultimateReceiver")),
}
"""The attribute that says whom a header block is for, and the values for the ultimate receiver
(SOAP 1.1 §4.2.2, SOAP 1.2 part 1 §2.2)."""
CONTENT_TYPES = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def unsendable(value: str) -> re.Match[str] | None:
    """Return the first character that XML 1.0 can't carry."""
    return _CONTROL.search(value)


class MustUnderstand(Unreadable):
    """A header block that must be understood, and isn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope that was read: its version (a namespace), the Body's first child, its values.

    The ``child`` of an empty Body is the Body itself. ``alone``: the Body's other children, if any,
    are values to which the first refers. ``headers``: the header blocks that are for us, by local
    name.
    """

    version: str
    child: Element
    values: Values
    alone: bool
    headers: Mapping[str, Any]

    @property
    def children(self) -> list[Element]:
        """What is in the Body."""
        body = self.child.getparent()
        return [] if split(self.child) == (self.version, "Body") or body is None else list(body)

    @property
    def fault(self) -> dict[str, Any] | None:
        """The fault as code (its local name), string and detail, whatever their order."""
        if split(self.child) != (self.version, "Fault"):
            return None
        found = {split(child)[1]: child for child in self.child}
        if len(found) != len(self.child):
            raise Unreadable("the fault says the same thing twice")
        if self.version == SOAP11:
            code, string, detail = (found.get(n) for n in ("faultcode", "faultstring", "detail"))
        else:
            inner = (("Code", "Value"), ("Reason", "Text"))
            code, string = (_child(found.get(n), f"{{{self.version}}}{own}") for n, own in inner)
            detail = found.get("Detail")
        return {
            "code": all_text(code).split(":", 1)[-1],
            "string": all_text(string),
            "detail": None if detail is None else self.values.of(detail),
        }


def read_envelope(  # noqa: PLR0913  (each is what one side alone knows)
    body: bytes,
    limits: Limits,
    content_type: str,
    note: Note = lambda _: None,
    understood: Collection[tuple[str, str]] = (),
    *,
    empty: bool = False,
) -> Envelope:
    """Return the envelope of a request or an answer; raises `Unreadable`.

    ``understood``: header blocks, by namespace and name, that may be marked mustUnderstand.
    ``empty``: whether its Body may be empty.
    """
    try:
        root = parse_xml(body, limits, content_type, note)
    except BadXML as error:
        raise Unreadable(str(error)) from None
    version, name = split(root)
    if name != "Envelope" or version not in (SOAP11, SOAP12):
        raise Unreadable("it is XML, but not a SOAP envelope")
    bodies = [child for child in root if split(child) == (version, "Body")]
    if len(bodies) != 1 or not (len(bodies[0]) or empty):
        raise Unreadable("the envelope does not have exactly one Body with content")
    headers = [child for child in root if split(child) == (version, "Header")]
    blocks = [block for header in headers for block in header if _is_for_us(block, version)]
    for block in blocks:
        must = (block.get(f"{{{version}}}mustUnderstand") or "").strip() in ("1", "true")
        if must and split(block) != _SECURITY and split(block) not in understood:
            raise MustUnderstand("the envelope has a header block that must be understood")
    child, *others = list(bodies[0]) or bodies
    values = Values(bodies[0], note, limits.elements)
    return Envelope(
        version=version,
        child=child,
        values=values,
        alone=all(
            values.has_reference_to(other) and split(other)[1] != "Fault" for other in others
        ),
        headers={split(b)[1]: values.of(b) for b in blocks if split(b) != _SECURITY},
    )


def detail_tag(version: str) -> tuple[str, str]:
    """Return namespace and name of the element that holds a fault's detail."""
    return ("", "detail") if version == SOAP11 else (version, "Detail")


def sendable(value: Any) -> Any:
    """Return a value without the characters that XML 1.0 can't carry."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {key: sendable(part) for key, part in value.items()}
    return [sendable(part) for part in value] if isinstance(value, list) else value


def _is_for_us(block: Element, version: str) -> bool:
    """Return whether a header block is for the ultimate receiver, not for a node before it."""
    attribute, ours = _TARGETS[version]
    return (block.get(f"{{{version}}}{attribute}") or "").strip() in ours


def _child(element: Element | None, name: str) -> Element | None:
    return None if element is None else element.find(name)
