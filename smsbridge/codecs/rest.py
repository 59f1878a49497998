"""REST: a form or JSON out, JSON back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from smsbridge.errors import Reason
from smsbridge.http.address import ANSWER_KEY
from smsbridge.http.exchange import Exchange, Request, Response
from smsbridge.mapping.codec import Call, Note, Spellings, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import LIST, nested
from smsbridge.text.json_document import BadJSON, read_json

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = ("GET", "DELETE")


def parse_json(
    body: bytes | str, array: str = "", content_type: str = "", *, mend: bool = True
) -> dict[str, Any]:
    """Return the JSON object of a body, or an array under a name; raises `Unreadable`.

    ``mend``: read half a surrogate pair as U+FFFD.
    """
    try:
        document = read_json(body, content_type, mend=mend)
    except BadJSON as error:
        raise Unreadable(str(error)) from None
    if array and isinstance(document, list):
        return {array: document}
    if not isinstance(document, dict):
        raise Unreadable("it is JSON, but no object")
    return document


def parse_form(body: str) -> dict[str, str]:
    """Return the fields of a query or a form; of a repeated field the last."""
    return dict(parse_qsl(body, keep_blank_values=True))


def parse_multipart(body: bytes, content_type: str) -> dict[str, str]:
    """Return the text fields of a ``multipart/form-data`` body (RFC 7578): PHP's curl sends it."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parts = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise Unreadable("the multipart form has a part without a name")
        try:
            fields[name] = content.decode()
        except UnicodeDecodeError:
            raise Unreadable("the form is not UTF-8") from None
    return fields


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with a JSON document."""
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Response(status=status, headers={"Content-Type": JSON, **(headers or {})}, body=body)


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    return {path: text(value) for path, value in fields.items()}


@cache
def _route(name: str) -> re.Pattern[str]:
    """Return the pattern of a route's path: what is in braces is any one step."""
    path = urlsplit(name.partition(" ")[2]).path.rstrip("/")
    parts = re.split(r"\{([a-z_]+)[^{}]*\}", path)
    steps = (f"(?P<{p}>[^/]+)" if odd % 2 else re.escape(p) for odd, p in enumerate(parts))
    return re.compile("".join(steps) + "(?P<slash>/?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A table calls a route, ``"POST /v1/messages"``; ``body`` is what the request carries."""

    body: Literal["form", "json"] = "form"

    def encode(
        self, site: Site, _session: Session, name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        """Return the request for a route. Needs no I/O."""
        yield from ()
        method, _, path = name.partition(" ")
        url = site.checked(site.url.rstrip("/") + path)
        most = site.answer_limit
        if method in BODILESS:
            query = "&" if "?" in url else "?"
            url += query + urlencode(_texts(fields)) if fields else ""
            own = {"Accept": JSON}
            return Request(method=method, url=url, headers=own, most=most, most_key=ANSWER_KEY)
        if self.body == "form":
            kind, body = FORM, urlencode(_texts(fields)).encode()
        else:
            tree = nested(fields)
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

    def read(self, site: Site, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call to one of the routes, with or without its last slash, by GET or POST.

        What a route has in braces is a field, ``{id}``.
        """
        base = urlsplit(site.url).path.rstrip("/")
        path = (
            request.path.removeprefix(base) if request.path.startswith(f"{base}/") else request.path
        )
        found = [
            (name, match)
            for name in names
            if request.method in ("GET", "POST", name.partition(" ")[0])
            and (match := _route(name).fullmatch(path))
        ]
        exact = (one for one in found if one[0].startswith(f"{request.method} "))
        name, match = next(exact, next(iter(found), ("", None)))
        if match is None:
            return None
        if not name.startswith(f"{request.method} "):
            note(f"{request.method} instead of {name.partition(' ')[0]}")
        places = match.groupdict()
        slash = places.pop("slash")
        if bool(slash) != urlsplit(name.partition(" ")[2]).path.endswith("/"):
            note("a path with or without its last slash")
        captured = {f"{{{place}}}": unquote(word) for place, word in places.items()}
        return Call(name=name, fields=self._fields(request, note) | captured)

    def _fields(self, request: Request, note: Note) -> dict[str, Any]:
        fields: dict[str, Any] = parse_form(request.query)
        if not request.body:
            return fields
        kind = request.header("content-type").partition(";")[0].strip().lower()
        if kind == JSON:
            if self.body != "json":
                note("JSON instead of a form")
            array = LIST if self.body == "json" else ""
            kind = request.header("content-type")
            return fields | parse_json(request.body, array, kind, mend=False)
        if self.body != "form":
            note("a form instead of JSON")
        if kind == MULTIPART:
            note("multipart instead of a form")
            return fields | parse_multipart(request.body, request.header("content-type"))
        if kind not in (FORM, ""):
            raise Unreadable(f"it is neither {FORM} nor {JSON}")
        try:
            return fields | parse_form(request.body.decode())
        except UnicodeDecodeError:
            raise Unreadable("the form is not UTF-8") from None

    def write(
        self, _site: Site, _request: Request, _name: str, result: Mapping[str, Any] | str
    ) -> Response:
        """Return an answer of status 200 with a JSON object."""
        return json_response(200, result)

    def sample(self, _site: Site, _name: str) -> dict[str, Any]:
        """Return nothing: no contract says what an answer holds."""
        return {}

    def fault(self, _request: Request, code: str, string: str) -> Response:
        """Return an answer of status 400, or 500 for a server's fault."""
        return json_response(500 if code == "Server" else 400, {"error": code, "message": string})

    def deny(self, _request: Request, reason: Reason) -> Response:
        """Return an answer of the status that fits a reason."""
        status = 401 if reason is Reason.AUTHENTICATION else 422
        return json_response(status, {"error": str(reason)})

    def refuse(self, _request: Request, why: Unreadable) -> Response:
        """Return the answer to a request that could not be read."""
        return json_response(400, {"error": 400, "message": str(why)})
