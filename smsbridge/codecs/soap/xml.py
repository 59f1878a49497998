"""The one parser of XML from outside: no DOCTYPE, no entities, no network, limits on everything.

libxml2 never frees distinct names in a thread, so expat looks first and counts; only then lxml
builds the tree, from text that was decoded once, by the rule of `decode_xml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much XML is taken: bytes, elements, depth, and distinct names.

    Names are those of tags, attributes, namespaces and processing instructions: libxml2 keeps all.
    """

    size: int
    elements: int
    depth: int
    names: int


REQUEST = Limits(size=256 * 1024, elements=5_000, depth=40, names=300)
ANSWER = Limits(size=1024 * 1024, elements=5_000, depth=40, names=300)
WSDL = Limits(size=10 * 1024 * 1024, elements=200_000, depth=100, names=20_000)

_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
_DECLARATION = re.compile(r"<\?xml\s(?P<says>[^>]{0,200}?)\?>")
_SAYS_ENCODING = re.compile(r"""\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_SURROGATES = re.compile(
    r"&#(?:x(?P<high>d[89ab][0-9a-f]{2})|(?P<high10>5[5-6][0-9]{3}));"
    r"&#(?:x(?P<low>d[c-f][0-9a-f]{2})|(?P<low10>5[6-7][0-9]{3}));",
    re.IGNORECASE,
)


Note = Callable[[str], None]


def _ignore(_: str) -> None:
    """Take no note of a leniency."""


class BadXML(ValueError):
    """XML that is not taken. Its text says why, without a word of the document."""


def decode_xml(body: bytes, content_type: str = "", note: Note = _ignore) -> str:
    """Return the text of an XML document without its declaration.

    The label is the ``charset`` of the Content-Type, else the declaration, else UTF-8. A body that
    is valid UTF-8 is UTF-8 whatever it says (NuSOAP labels UTF-8 as ISO-8859-1).
    """
    head = body[:400].decode("latin-1").removeprefix("\xef\xbb\xbf")
    declared = _DECLARATION.match(head.lstrip())
    said = _CHARSET.search(content_type) or (
        _SAYS_ENCODING.search(declared["says"]) if declared else None
    )
    label = said[1].lower() if said else "utf-8"
    if label not in _ENCODINGS or b"\0" in body[:4]:
        allowed = "utf-8, us-ascii, iso-8859-1, windows-1252"
        raise BadXML(f"the document's encoding is not taken; allowed are {allowed}")
    try:
        decoded = body.decode("utf-8-sig")
        if _ENCODINGS[label] != "utf-8" and not decoded.isascii():
            note(f"UTF-8 labelled as {label}")
    except UnicodeDecodeError:
        try:
            decoded = body.decode(_ENCODINGS[label])
        except UnicodeDecodeError:
            raise BadXML("the document is not in the encoding that it says") from None
    document = decoded.lstrip()
    declaration = _DECLARATION.match(document)
    return document[declaration.end() :].lstrip() if declaration else document


def parse_xml(body: bytes, limits: Limits, content_type: str = "", note: Note = _ignore) -> Element:
    """Return the root of a document from outside; raises `BadXML`."""
    if len(body) > limits.size:
        raise BadXML(f"the document is larger than {limits.size} bytes")
    document = decode_xml(body, content_type, note)
    joined = _joined(document)
    if joined != document:
        note("an emoji as two surrogate references")
    encoded = joined.encode()
    _look(encoded, limits)
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError:
        raise BadXML("the document is not well-formed XML") from None


def _joined(document: str) -> str:
    """Join surrogate references, but not in CDATA, where they are text."""
    first, *sections = document.split("<![CDATA[")
    parts = [_SURROGATES.sub(_join, first)]
    for section in sections:
        quoted, end, rest = section.partition("]]>")
        parts += ["<![CDATA[", quoted, end, _SURROGATES.sub(_join, rest)]
    return "".join(parts)


def _join(pair: re.Match[str]) -> str:
    high = int(pair["high"], 16) if pair["high"] else int(pair["high10"])
    low = int(pair["low"], 16) if pair["low"] else int(pair["low10"])
    try:
        return (chr(high) + chr(low)).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return pair[0]


def _look(document: bytes, limits: Limits) -> None:
    names: set[str] = set()
    elements = depth = 0

    def count(*more: str) -> None:
        names.update(more)
        if len(names) > limits.names:
            raise BadXML(f"the document has more than {limits.names} distinct names")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal elements, depth
        elements += 1
        depth += 1
        spaces = (value for name, value in attributes.items() if name.startswith("xmlns"))
        count(tag, *attributes, *spaces)
        if elements > limits.elements:
            raise BadXML(f"the document has more than {limits.elements} elements")
        if depth > limits.depth:
            raise BadXML(f"the document is nested deeper than {limits.depth}")

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise BadXML("the document has a DOCTYPE, which is never taken")

    scan = expat.ParserCreate("utf-8")
    scan.StartElementHandler = start
    scan.EndElementHandler = end
    scan.StartDoctypeDeclHandler = doctype
    scan.ProcessingInstructionHandler = lambda target, _: count(target)
    try:
        scan.Parse(document, True)
    except expat.ExpatError:
        raise BadXML("the document is not well-formed XML") from None
