"""A part of an answer whose text is itself a document, JSON or XML, which is then the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.xml import Limits
from smsbridge.codecs.xml_document import read_xml, write_xml
from smsbridge.mapping.codec import Unreadable, Unwritable
from smsbridge.mapping.path import at

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
            return parse_json(said) if self.key == JSON_PART else read_xml(said, limits)
        except Unreadable as error:
            raise Unreadable(f"in the part {self.path} {error}") from None

    def write(self, words: Mapping[str, Any]) -> str:
        """Return a document; raises `BadWSDL` for XML that would have no one root."""
        if self.key == JSON_PART:
            return json.dumps(words, ensure_ascii=False)
        try:
            return write_xml(words)
        except Unwritable:
            raise BadWSDL(f"{self.path} is XML: put the whole answer into one root") from None
