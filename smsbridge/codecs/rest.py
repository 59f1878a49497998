"""REST: sends a form, JSON or XML, and reads what its answers are written in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote_plus

from smsbridge.codecs.answer_format import read_words
from smsbridge.codecs.xml_document import write_xml
from smsbridge.errors import InvalidMessage
from smsbridge.http.address import ANSWER_KEY
from smsbridge.http.exchange import Exchange, Request, Response
from smsbridge.mapping.codec import Spellings
from smsbridge.mapping.filters import one_text, text
from smsbridge.mapping.path import LIST, nest

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
XML = "application/xml"
BODIES = ("json", "form", "xml")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = ("GET", "DELETE")
_ACCEPTS = {"json": JSON, "xml": XML}


def parse_form(body: str) -> dict[str, str]:
    """Return the fields of a query or a form; if a field is repeated, its last value."""
    return dict(parse_qsl(body, keep_blank_values=True))


_QUOTED = {number: quote_plus(chr(number)) for number in range(128)}


def write_form(fields: Mapping[str, Any]) -> str:
    """Return fields as a form or a query, as ``urlencode`` writes their texts."""
    return "&".join([f"{_quote(path)}={_quote(one_text(word))}" for path, word in _pairs(fields)])


def _pairs(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each field; several words of one that ends in ``[]`` are given one by one."""
    for path, word in fields.items():
        several = isinstance(word, list) and path.endswith("[]")
        yield from ((path, one) for one in (word if several else [word]))


def _quote(word: str) -> str:
    return word.translate(_QUOTED) if word.isascii() else quote_plus(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A table calls a route, ``"POST /v1/messages"``; ``body`` is what the request carries.

    ``answer``: what its answer is: ``json``, ``form``, ``xml``, ``text``, or a ``/pattern/`` whose
    named groups are the paths. A text or number that is the whole answer is at ``#text``.

    >>> Rest(body="json")
    Rest(body='json', answer='json')
    """

    body: Literal["form", "json", "xml"] = "form"
    answer: str = "json"

    def encode(
        self, site: Site, _session: Session, name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        """Return the request for a route. Needs no I/O."""
        yield from ()
        method, _, path = name.partition(" ")
        url = site.check(site.url.rstrip("/") + path)
        most = site.answer_limit
        if method in BODILESS:
            query = "&" if "?" in url else "?"
            url += query + write_form(fields) if fields else ""
            own = {"Accept": self._accept}
            return Request(method=method, url=url, headers=own, most=most, most_key=ANSWER_KEY)
        kind, body = self._write_body(fields)
        headers = {"Content-Type": kind, "Accept": self._accept}
        return Request(
            method=method, url=url, headers=headers, body=body, most=most, most_key=ANSWER_KEY
        )

    @property
    def _accept(self) -> str:
        return _ACCEPTS.get(self.answer, "*/*")

    def _write_body(self, fields: Mapping[str, Any]) -> tuple[str, bytes]:
        """Return fields as the body of a request, with its Content-Type."""
        if self.body == "form":
            return FORM, write_form(fields).encode()
        if self.body == "xml":
            return XML, _write_xml(fields)
        tree = nest(fields)
        return JSON, json.dumps(tree.get(LIST, tree)).encode()

    def decode(
        self,
        site: Site,
        _session: Session,
        _name: str,
        response: Response,
        _words: Spellings | None = None,
    ) -> Mapping[str, Any]:
        """Return the words of an answer; an array of JSON is at the path ``#list``."""
        return read_words(self.answer, response, site)


def _write_xml(fields: Mapping[str, Any]) -> bytes:
    from smsbridge.codecs.soap.envelope import unsendable

    words = {
        path: [*map(text, word)] if isinstance(word, list) else text(word)
        for path, word in fields.items()
    }
    for path, word in words.items():
        if bad := unsendable(one_text(word)):
            raise InvalidMessage(
                f"{path} has U+{ord(bad[0]):04X} at position {bad.start()}: XML can't carry it"
            )
    return f"<?xml version='1.0' encoding='utf-8'?>\n{write_xml(nest(words))}".encode()
