"""The one parser of XML from outside: no DOCTYPE, no entities, no network, limits on everything.

libxml2 never frees distinct names in a thread, so expat looks first and counts, unless a document
is too small for any limit; only then lxml builds the tree, from text that was decoded once, by the
rule of `decode_xml`.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from smsbridge.http.address import (
    ANSWER_KEY,
    ANSWER_LIMIT,
    ELEMENT_KEY,
    ELEMENT_LIMIT,
    limit_hint,
)
from smsbridge.mapping.markup import NO_XML
from smsbridge.text.encodings import (
    ENCODINGS,
    SHOWN,
    Undecodable,
    charset_of,
    decode,
    first_characters,
)

if TYPE_CHECKING:
    from lxml.etree import XMLParser
    from lxml.etree import _Element as Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much XML is accepted: bytes, elements, depth, and distinct names.

    Names are those of tags, attributes, namespaces and processing instructions: libxml2 keeps all.
    ``by_config``: whether the config sets the first two.
    """

    size: int
    elements: int
    depth: int
    names: int
    by_config: bool = field(default=False, compare=False)

    def hint(self, key: str) -> str:
        """Return a hint on what can be done about a limit that was exceeded."""
        return limit_hint(key) if self.by_config else ""


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


_BESIDE_TAGS = re.compile("<[!?]")
_FOREIGN_TAG = re.compile("<[^>]*[^\x00-\x7f>]")
_REFERENCE = re.compile(r"&#(?:x(?P<hex>[0-9A-Fa-f]+)|(?P<decimal>[0-9]+));")
_MOST_DIGITS = 7  # U+10FFFF is 1114111

Note = Callable[[str], None]
_TAKEN = {label: name for label, name in ENCODINGS.items() if not name.startswith("utf-32")}
_NEVER = "utf-7"  # a reader of another encoding would see other markup
_HEAD = 400


def _ignore(_: str) -> None:
    """Ignore a leniency."""


class BadXML(ValueError):
    """XML that is refused. The error says why, without quoting the document."""


def decode_xml(
    body: bytes, content_type: str = "", note: Note = _ignore, *, controls: bool = False
) -> str:
    """Return the text of an XML document without its declaration.

    Its encoding may be named twice: the ``charset`` of the Content-Type takes precedence over the
    declaration (RFC 7303 §3.2), which counts if the bytes don't fit the charset. What the bytes
    themselves show takes precedence over both, see `smsbridge.text.encodings.decode`: NuSOAP labels
    UTF-8 as ISO-8859-1, and .NET as UTF-16. ``controls``: as in `smsbridge.text.encodings.decode`.
    """
    declared = _DECLARATION.match(first_characters(body, _HEAD).lstrip())
    inside = _SAYS_ENCODING.search(declared["says"]) if declared else None
    said = (charset_of(content_type), inside[1].lower() if inside else "")
    first, *others = filter(None, said) if any(said) else ["utf-8"]
    labels = [first, *(other for other in others if other in _TAKEN)]
    not_taken = BadXML(f"the document's encoding is not supported; allowed are {SHOWN}")
    if first not in _TAKEN or _NEVER in others:
        raise not_taken
    try:
        document, encoding = decode(body, labels, controls=controls)
    except Undecodable:
        if b"\0" in body[:4]:
            raise not_taken from None
        raise BadXML("the document is not in the encoding that it names") from None
    if encoding not in _TAKEN.values():
        raise not_taken
    if not encoding.startswith(_TAKEN[first]) and not (
        document.isascii() and "utf-16" not in first
    ):
        note(f"{encoding.upper()} labelled as {first}")
    return _without_declaration(document)


def _without_declaration(document: str) -> str:
    document = document.removeprefix("\ufeff").lstrip()
    declaration = _DECLARATION.match(document)
    return document[declaration.end() :].lstrip() if declaration else document


def parse_xml(
    body: bytes | str, limits: Limits, content_type: str = "", note: Note = _ignore
) -> Element:
    """Return the root of a document from outside; raises `BadXML`.

    A text is already decoded, so the encoding in its declaration is ignored. A character that XML
    1.0 forbids, written directly or as a reference, is read as U+FFFD, so that it damages only its
    own text.
    """
    content = body if isinstance(body, bytes) else body.encode()
    if len(content) > limits.size:
        raise BadXML(f"the document is larger than {limits.size} bytes{limits.hint(ANSWER_KEY)}")
    document = (
        _without_declaration(body)
        if isinstance(body, str)
        else decode_xml(content, content_type, note, controls=limits is WSDL)
    )
    mended = _mend(document, note)
    encoded = mended.encode()
    if limits is WSDL or not _is_small(mended, limits):  # what expat takes of a WSDL may be mended
        _look(encoded, limits)
    huge = limits.size > WSDL.size  # beyond that a text may be too long for libxml2
    from lxml import etree

    try:
        return etree.fromstring(encoded, _PARSERS.strict(huge=huge))
    except etree.XMLSyntaxError:
        if limits is WSDL:
            lenient = _parser(huge=huge, recover=True)
            root = etree.fromstring(encoded, lenient)
            if root is not None and all(map(_is_of_names, lenient.error_log)):
                return root
        raise BadXML("the document is not well-formed XML") from None


def parse_ours(document: bytes) -> Element:
    """Return the root of a document that we wrote ourselves, of any size."""
    from lxml import etree

    return etree.fromstring(document, _PARSERS.strict(huge=True))


def _mend(document: str, note: Note) -> str:
    """Return a document without references and characters that XML 1.0 forbids."""
    joined = mended = document
    if "&#" in document:
        joined = _outside_cdata(document, lambda text: _SURROGATES.sub(_join, text))
        mended = _outside_cdata(joined, lambda text: _REFERENCE.sub(_character, text))
    if joined != document:
        note("an emoji as two surrogate references")
    mended = NO_XML.sub("\ufffd", mended)
    if mended != joined:
        note("a character that XML forbids")
    return mended


class _Parsers(threading.local):
    """lxml's strict parsers, one of each kind for a thread: making one costs more than using it."""

    def __init__(self) -> None:
        self._made: dict[bool, XMLParser] = {}

    def strict(self, *, huge: bool) -> XMLParser:
        """Return the parser that takes texts of any length, or of libxml2's."""
        if huge not in self._made:
            self._made[huge] = _parser(huge=huge)
        return self._made[huge]


_PARSERS = _Parsers()


def _parser(*, huge: bool, recover: bool = False) -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=huge,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )


def _is_of_names(error: Any) -> bool:
    """Return whether libxml2 objected only to names, and read the document anyway.

    XML 1.0 lets a document have a prefix without a namespace, or a namespace that is not a URI.
    """
    return bool(error.domain_name == "NAMESPACE" or error.type_name == "DTD_XMLID_VALUE")


def _outside_cdata(document: str, mend: Callable[[str], str]) -> str:
    """Repair references, but not in CDATA, where they are text."""
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


def _is_small(document: str, limits: Limits) -> bool:
    """Return whether a document is within the limits whatever it holds: lxml alone may judge it.

    An element, a level and the name of a tag need a ``<`` each; an attribute and its namespace an
    ``=``. It has tags and text only: no DOCTYPE, comment, CDATA or instruction. Names are ASCII,
    since expat takes fewer others than libxml2: where there are as many ``>`` as ``<``, none is
    outside of a tag or in a value.
    """
    opened = document.count("<")
    return (
        opened <= limits.elements
        and opened - document.count("</") <= limits.depth
        and opened + 2 * document.count("=") <= limits.names
        and not _BESIDE_TAGS.search(document)
        and (
            document.isascii()
            or (opened == document.count(">") and not _FOREIGN_TAG.search(document))
        )
    )


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
        raise BadXML("the document has a DOCTYPE, which is never accepted")

    scan = expat.ParserCreate("utf-8")
    scan.StartElementHandler = start
    scan.EndElementHandler = end
    scan.StartDoctypeDeclHandler = doctype
    scan.ProcessingInstructionHandler = lambda target, _: count(target)
    try:
        scan.Parse(document, True)
    except expat.ExpatError:
        raise BadXML("the document is not well-formed XML") from None
