"""A whole XML document as words by path, and back; its root is the first step of every path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.codec import Unreadable, Unwritable
from smsbridge.mapping.path import TEXT

if TYPE_CHECKING:
    from smsbridge.codecs.soap.xml import Limits


def read_xml(document: bytes | str, limits: Limits, content_type: str = "") -> Mapping[str, Any]:
    """Return what a document says, under the name of its root; raises `Unreadable`."""
    from smsbridge.codecs.soap.reader import Values, split
    from smsbridge.codecs.soap.xml import BadXML, parse_xml

    try:
        root = parse_xml(document, limits, content_type)
    except BadXML as error:
        raise Unreadable(str(error)) from None
    return {split(root)[1]: Values(root, lambda _: None, limits.elements).of(root)}


def write_xml(words: Mapping[str, Any]) -> str:
    """Return a document; raises `Unwritable` for words that have not one root."""
    from smsbridge.codecs.soap.envelope import SOAP11, sendable
    from smsbridge.codecs.soap.model import Content, Part, XSDType
    from smsbridge.codecs.soap.writer import Writer

    if len(words) != 1 or isinstance(root := next(iter(words.values())), list):
        raise Unwritable("an XML document has one root, in which everything else is")
    own = Content(body=Part(name=next(iter(words)), type=XSDType(open=True)))
    inside = root if isinstance(root, Mapping) else {TEXT: root}
    return Writer(own, SOAP11, lambda _: None).alone(sendable(inside))
