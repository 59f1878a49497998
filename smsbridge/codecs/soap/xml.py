"""The one parser of XML from outside: no DOCTYPE, no entities, no network, limits on everything.

libxml2 never frees distinct names in a thread, so expat looks first and counts; only then lxml
builds the tree, from text that was decoded once, by the rule of `decode_xml`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from smsbridge.http.address import ANSWER_KEY, ANSWER_LIMIT, ELEMENT_KEY, ELEMENT_LIMIT
from smsbridge.mapping.markup import NO_XML
from smsbridge.text.encodings import ENCODINGS, SHOWN, Undecodable, beginning, charset_of, decode

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much XML is taken: bytes, elements, depth, and distinct names.

    Names are those of tags, attributes, namespaces and processing instructions: libxml2 keeps all.
    ``by_config``: whether the config sets the first two.
    """

    size: int
    elements: int
    depth: int
    names: int
    by_config: bool = field(default=False, compare=False)

    def hint(self, key: str) -> str:
        """Return what may be done about a limit that was hit."""
        return f"; {key} in the config may allow more" if self.by_config else ""


REQUEST = Limits(size=256 * 1024, elements=5_000, depth=40, names=300)
ANSWER = Limits(size=ANSWER_LIMIT, elements=ELEMENT_LIMIT, depth=40, names=300, by_config=True)
WSDL = Limits(size=10 * 1024 * 1024, elements=200_000, depth=100, names=20_000)

_DECLARATION = re.compile(r"<\?xml\s(?P<says>[^>]{0,200}?)\?>")
_SAYS_ENCODING = re.compile(r"""\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_SURROGATES = re.compile(
    r"&#(?:x(?P<high>d[89ab][0-9a-f]{2})|(?P<high10>5[5-6][0-9]{3}));"
    r"&#(?:x(?P<low>d[c-f][0-9a-f]{2})|(?P<low10>5[6-7][0-9]{3}));",
    re.IGNORECASE,
)


_REFERENCE = re.compile(r"&#(?:x(?P<hex>[0-9A-Fa-f]+)|(?P<decimal>[0-9]+));")
_MOST_DIGITS = 7  # U+10FFFF is 1114111

Note = Callable[[str], None]
_TAKEN = {label: name for label, name in ENCODINGS.items() if not name.startswith("utf-32")}
_NEVER = "utf-7"  # whoever reads it in another way sees other markup
_HEAD = 400


def _ignore(_: str) -> None:
    """Take no note of a leniency."""


class BadXML(ValueError):
    """XML that is not taken. Its text says why, without a word of the document."""


def decode_xml(body: bytes, content_type: str = "", note: Note = _ignore) -> str:
    """Return the text of an XML document without its declaration.

    It may say what it is in twice: the ``charset`` of the Content-Type goes before the declaration
    (RFC 7303 §3.2), which counts where the bytes don't fit the other. Before both goes what the
    bytes are, see `smsbridge.text.encodings.decode`: NuSOAP labels UTF-8 as ISO-8859-1, and
    .NET as UTF-16.
    """
    declared = _DECLARATION.match(beginning(body, _HEAD).lstrip())
    inside = _SAYS_ENCODING.search(declared["says"]) if declared else None
    said = (charset_of(content_type), inside[1].lower() if inside else "")
    first, *others = filter(None, said) if any(said) else ["utf-8"]
    labels = [first, *(other for other in others if other in _TAKEN)]
    not_taken = BadXML(f"the document's encoding is not taken; allowed are {SHOWN}")
    if first not in _TAKEN or _NEVER in others:
        raise not_taken
    try:
        document, encoding = decode(body, labels)
    except Undecodable:
        if b"\0" in body[:4]:
            raise not_taken from None
        raise BadXML("the document is not in the encoding that it says") from None
    if encoding not in _TAKEN.values():
        raise not_taken
    if not encoding.startswith(_TAKEN[first]) and not (
        document.isascii() and "utf-16" not in first
    ):
        note(f"{encoding.upper()} labelled as {first}")
    return _undeclared(document)


def _undeclared(document: str) -> str:
    document = document.removeprefix("\ufeff").lstrip()
    declaration = _DECLARATION.match(document)
    return document[declaration.end() :].lstrip() if declaration else document


def parse_xml(
    body: bytes | str, limits: Limits, content_type: str = "", note: Note = _ignore
) -> Element:
    """Return the root of a document from outside; raises `BadXML`.

    Text was decoded before: what its declaration says of an encoding no longer holds. A character
    that XML 1.0 forbids is read as U+FFFD, as itself or by a reference: it spoils one text, and
    says nothing of the others.
    """
    content = body if isinstance(body, bytes) else body.encode()
    if len(content) > limits.size:
        raise BadXML(f"the document is larger than {limits.size} bytes{limits.hint(ANSWER_KEY)}")
    document = (
        _undeclared(body) if isinstance(body, str) else decode_xml(content, content_type, note)
    )
    joined = _outside_cdata(document, lambda text: _SURROGATES.sub(_join, text))
    if joined != document:
        note("an emoji as two surrogate references")
    mended = NO_XML.sub(
        "\ufffd", _outside_cdata(joined, lambda text: _REFERENCE.sub(_character, text))
    )
    if mended != joined:
        note("a character that XML forbids")
    encoded = mended.encode()
    _look(encoded, limits)
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=limits.size > WSDL.size,  # above that a text may be too long for libxml2
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError:
        raise BadXML("the document is not well-formed XML") from None


def _outside_cdata(document: str, mend: Callable[[str], str]) -> str:
    """Mend references, but not in CDATA, where they are text."""
    first, *sections = document.split("<![CDATA[")
    parts = [mend(first)]
    for section in sections:
        quoted, end, rest = section.partition("]]>")
        parts += ["<![CDATA[", quoted, end, mend(rest)]
    return "".join(parts)


def _character(reference: re.Match[str]) -> str:
    """Return a reference, or U+FFFD for one that names no character of XML 1.0 (§2.2)."""
    digits = (reference["hex"] or reference["decimal"]).lstrip("0")
    if len(digits) > _MOST_DIGITS:
        return "\ufffd"
    code = int(digits or "0", 16 if reference["hex"] else 10)
    allowed = code <= sys.maxunicode and not NO_XML.match(chr(code))
    return reference[0] if allowed else "\ufffd"


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
            more = limits.hint(ELEMENT_KEY)
            raise BadXML(f"the document has more than {limits.elements} elements{more}")
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
