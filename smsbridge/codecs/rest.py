"""REST: sends a form or JSON, reads JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote_plus

from smsbridge.http.address import ANSWER_KEY
from smsbridge.http.exchange import Exchange, Request, Response
from smsbridge.mapping.codec import Spellings, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import LIST, nest
from smsbridge.text.json_document import BadJSON, read_json

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
BODIES = ("json", "form")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = ("GET", "DELETE")


def parse_json(
    body: bytes | str, array: str = "", content_type: str = "", *, mend: bool = True
) -> dict[str, Any]:
    """Return the JSON object of a body, or an array under a name; raises `Unreadable`.

    ``mend``: whether half a surrogate pair is read as U+FFFD.
    """
    try:
        document = read_json(body, content_type, mend=mend)
    except BadJSON as error:
        raise Unreadable(str(error)) from None
    if array and isinstance(document, list):
        return {array: document}
    if not isinstance(document, dict):
        raise Unreadable("it is JSON, but not an object")
    return document


def parse_form(body: str) -> dict[str, str]:
    """Return the fields of a query or a form; if a field is repeated, its last value."""
    return dict(parse_qsl(body, keep_blank_values=True))


_QUOTED = {number: quote_plus(chr(number)) for number in range(128)}


def write_form(fields: Mapping[str, Any]) -> str:
    """Return fields as a form or a query, as ``urlencode`` writes their texts."""
    return "&".join([f"{_quote(path)}={_quote(text(word))}" for path, word in fields.items()])


def _quote(word: str) -> str:
    return word.translate(_QUOTED) if word.isascii() else quote_plus(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A table calls a route, ``"POST /v1/messages"``; ``body`` is what the request carries.

    >>> Rest(body="json")
    Rest(body='json')
    """

    body: Literal["form", "json"] = "form"

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
            own = {"Accept": JSON}
            return Request(method=method, url=url, headers=own, most=most, most_key=ANSWER_KEY)
        if self.body == "form":
            kind, body = FORM, write_form(fields).encode()
        else:
            tree = nest(fields)
            kind, body = JSON, json.dumps(tree.get(LIST, tree)).encode()
        headers = {"Content-Type": kind, "Accept": JSON}
        return Request(
            method=method, url=url, headers=headers, body=body, most=most, most_key=ANSWER_KEY
        )

    def decode(
        self,
        _site: Site,
        _session: Session,
        _name: str,
        response: Response,
        _words: Spellings | None = None,
    ) -> Mapping[str, Any]:
        """Return the JSON object of an answer; an array is at the path ``#list``."""
        return parse_json(response.body, LIST, response.header("content-type"))
