"""A part of an answer whose text is itself a document, JSON or XML, which is then the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.codecs.rest import parse_json
from smsbridge.codecs.soap.envelope import SOAP11, sendable
from smsbridge.codecs.soap.model import BadWSDL, Content, Part, XSDType
from smsbridge.codecs.soap.reader import Values, split
from smsbridge.codecs.soap.writer import Writer
from smsbridge.codecs.soap.xml import BadXML, Limits, parse_xml
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.path import TEXT, at

JSON_PART, XML_PART = "json_part", "xml_part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """Where the document is: the ``path`` of its part. ``key``: that of the config, which names it.

    In XML the root is the first step of every path, since its name may matter.
    """

    key: str
    path: str

    def read(self, answer: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
        """Return what the document of an answer says; raises `Unreadable`."""
        said = at(answer, self.path)
        try:
            if not isinstance(said, str):
                raise Unreadable("there is no text")  # noqa: TRY301  (each of them has the part)
            return parse_json(said) if self.key == JSON_PART else _words(said, limits)
        except Unreadable as error:
            raise Unreadable(f"in the part {self.path} {error}") from None

    def write(self, words: Mapping[str, Any]) -> str:
        """Return a document; raises `BadWSDL` for XML that would have no one root."""
        if self.key == JSON_PART:
            return json.dumps(words, ensure_ascii=False)
        if len(words) != 1 or isinstance(root := next(iter(words.values())), list):
            raise BadWSDL(f"{self.path} is XML: put the whole answer into one root")
        own = Content(body=Part(name=next(iter(words)), type=XSDType(open=True)))
        inside = root if isinstance(root, Mapping) else {TEXT: root}
        return Writer(own, SOAP11, lambda _: None).alone(sendable(inside))


def _words(document: str, limits: Limits) -> Mapping[str, Any]:
    try:
        root = parse_xml(document, limits)
    except BadXML as error:
        raise Unreadable(str(error)) from None
    return {split(root)[1]: Values(root, lambda _: None, limits.elements).of(root)}
