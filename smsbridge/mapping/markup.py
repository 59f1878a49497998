"""XML and JSON that a table writes as a constant: what they look like, and how a value fits in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum

from smsbridge.errors import InvalidMessage
from smsbridge.text.pattern import pattern


class Markup(StrEnum):
    """The language of a constant; its name is also that of the filter that escapes for it."""

    XML = "xml"
    JSON = "json"


_LOOKS = {
    Markup.JSON: pattern(r"""\s*(?:\{\s*["}]|\[\s*["{\[])"""),
    Markup.XML: pattern(r"""(?s)\s*<[A-Za-z_?!].*>\s*\Z|.*?(?:</[A-Za-z_:]|<[A-Za-z_:][^<>]*/>)"""),
}
"""Of a constant with one NUL in the place of each value. JSON is asked first: it may hold XML."""
_HELD = {
    Markup.XML: pattern(r">([^<>]*)<"),
    Markup.JSON: pattern(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
}
"""What may hold another document: the text between two tags, or a string."""
_CDATA = pattern(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    **{blank: f"&#{ord(blank)};" for blank in "\t\n\r"},  # which an attribute would lose
}
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
NO_XML = pattern("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def language(constant: str) -> Markup | None:
    """Return the language of a constant, which has a NUL in the place of each value."""
    return next((found for found, looks in _LOOKS.items() if looks.match(constant)), None)


def inner_texts(constant: str, of: Markup) -> Iterator[str]:
    """Yield the texts that a constant holds, as its reader would see them."""
    for found in _HELD[of].finditer(constant):
        yield from_xml(found[1]) if of is Markup.XML else from_json(found[1])


def unescapable(constant: str, of: Markup) -> str:
    """Return what no value can be escaped in: in JSON all but the strings, in XML the CDATA."""
    if of is Markup.JSON:
        return _HELD[of].sub("", constant)
    return "".join(found[1] for found in _CDATA.finditer(constant))


def to_xml(text: str) -> str:
    """Return a text as it is in XML, between two tags or in an attribute."""
    if bad := NO_XML.search(text):
        raise InvalidMessage(f"a value has U+{ord(bad[0]):04X}, which XML can't hold")
    return re.sub(r"""[&<>"'\t\n\r]""", lambda found: _ENTITIES[found[0]], text)


def from_xml(text: str) -> str:
    """Return the text that `to_xml` wrote so: its inverse."""
    return re.sub(r"&[a-z#0-9]+;", lambda found: _CHARACTERS.get(found[0], found[0]), text)


def to_json(text: str) -> str:
    """Return a text as it stands between the quotes of JSON, in ASCII: no charset breaks it."""
    return json.dumps(text)[1:-1]


def from_json(text: str) -> str:
    """Return the text that is written so in JSON; what is not JSON is returned unchanged."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
