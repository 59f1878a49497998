"""REST, provider's side: reads forms, JSON or XML, and answers in the table's format."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from email import policy
from email.parser import BytesParser
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes, urlsplit

from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.rest import FORM, JSON, XML, Rest
from smsbridge.codecs.xml_document import read_xml
from smsbridge.errors import Reason
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import LIST
from smsbridge.serving.codec import Call, ProviderCodec, provider_codec
from smsbridge.serving.format_writer import write_words
from smsbridge.text.encodings import ENCODINGS, WIDE, Undecodable, charset_of, decode

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.mapping.codec import Codec

MULTIPART = "multipart/form-data"
_XML = (XML, "text/xml")
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))
NOT_UTF8 = "a form that is not UTF-8"
"""The leniency of a form whose bytes fit no encoding it declares: they become U+FFFD."""

_BRACES = re.compile(r"\{([a-z_]+)[^{}]*\}")
TWO_VALUES = "a field with two values"
"""The leniency of a call that says two things in one field: the last counts."""

_SHOWN = {"json": "JSON", "xml": "XML", "form": "a form"}


def parse_multipart(
    body: bytes, content_type: str, charset: str, twice: set[str]
) -> dict[str, str]:
    """Return the text fields of a ``multipart/form-data`` body (RFC 7578), as PHP's curl sends.

    ``charset``: its encoding, if not UTF-8. ``twice`` gets the names with two values.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parts = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    if parts.defects:
        raise Unreadable("the multipart form has no boundary, or not the last one")
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise Unreadable("the multipart form has a part without a name")
        try:
            labels = _labels(part.get("content-type", ""), charset)
            fields = _join(fields, {name: decode(content, labels)[0]}, twice)
        except Undecodable:
            raise Unreadable("the form is not UTF-8") from None
    return fields


def _join(fields: dict[str, Any], more: dict[str, Any], twice: set[str]) -> dict[str, Any]:
    """Return fields with more of them; ``twice`` gets the names with two values."""
    both = fields.keys() & more.keys()
    twice |= {name for name in both if text(fields[name]) != text(more[name])}
    return fields | more


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with a JSON document."""
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Response(status=status, headers={"Content-Type": JSON, **(headers or {})}, body=body)


def _labels(content_type: str, charset: str) -> list[str]:
    """Return the encodings to try besides UTF-8: the declared one, then another."""
    named = (charset_of(content_type), charset)
    return [one for one in named if one in ENCODINGS and not one.startswith(WIDE)]


def _encoding_of(plain: str, labels: Sequence[str], note: Note) -> str:
    """Return the encoding of percent-encoded text; note it if no label fits."""
    try:
        encoding = decode(unquote_to_bytes(plain), labels)[1]
    except Undecodable:
        encoding = ""
    if encoding.startswith(WIDE) or not encoding:
        note(NOT_UTF8)
        return "utf-8"
    return encoding


def _read_pairs(form: bytes, labels: Sequence[str], note: Note, twice: set[str]) -> dict[str, Any]:
    """Return the fields of a query or form; of a repeated field, the last value.

    A repeated field whose name ends in ``[]`` is a list, without its empty items. ``twice`` gets
    the names with two values.
    """
    plain = quote(form.removeprefix(BOM_UTF8), safe=_VISIBLE)
    encoding = _encoding_of(plain, labels, note)
    pairs = parse_qsl(plain, keep_blank_values=True, encoding=encoding, errors="replace")
    fields: dict[str, Any] = dict(pairs)
    if len(pairs) > len(fields):
        several = {name: [w for n, w in pairs if n == name] for name in fields if name[-2:] == "[]"}
        fields |= {name: _items(words) for name, words in several.items()}
        differ = {name for name, word in pairs if name not in several and word != fields[name]}
        twice |= differ
        again = len(pairs) > len(fields.keys() - several) + sum(map(len, several.values()))
        if again and not differ:
            note("a field that is given twice")
    return fields


def _items(words: list[str]) -> list[str] | str:
    """Return the items of a list that are not empty, one alone as itself: an empty input is one."""
    said = [word for word in words if word.strip()]
    return said if len(said) > 1 else (said or words)[0]


def _parts(name: str) -> list[str]:
    """Return the path of a route: its own text, and between that the names in braces."""
    return _BRACES.split(urlsplit(name.partition(" ")[2]).path.rstrip("/"))


@cache
def _route(name: str) -> re.Pattern[str]:
    """Return the pattern of a route's path: braces match one segment."""
    parts = _parts(name)
    steps = (f"(?P<{p}>[^/]+)" if odd % 2 else re.escape(p) for odd, p in enumerate(parts))
    return re.compile("".join(steps) + "(?P<slash>/?)")


@dataclass(frozen=True, slots=True)
class ProviderRest(ProviderCodec):
    """Serves routes."""

    codec: Rest
    site: Site
    own: tuple[tuple[str, Rest], ...] = ()
    charset: str = ""

    def in_charset(self, charset: str) -> ProviderRest:
        """Return a codec that reads a form in this encoding if it declares none and isn't UTF-8."""
        return replace(self, charset=charset)

    def beside(self, own: Mapping[str, Codec]) -> ProviderRest:
        """Return a codec that also serves routes with their own codec."""
        mine = ((name, codec) for name, codec in own.items() if isinstance(codec, Rest))
        return replace(self, own=tuple(mine))

    def paths(self, names: tuple[str, ...]) -> Collection[str]:
        """Return the paths of routes, each also below the path of the service."""
        base = urlsplit(self.site.url).path.rstrip("/")
        found = ["*".join(_parts(name)[::2]) for name in names]
        return [*found, *(base + path for path in found)]

    def codec_of(self, name: str) -> Rest:
        """Return the codec of a route."""
        return next((codec for route, codec in self.own if route == name), self.codec)

    def read(self, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call of one of the routes, with or without a trailing slash, by GET or POST.

        A part of a route in braces, such as ``{id}``, is a field.
        """
        base = urlsplit(self.site.url).path.rstrip("/")
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
            note("a path with or without its trailing slash")
        labels = _labels("", self.charset)
        captured = {
            f"{{{place}}}": unquote(word, _encoding_of(word, labels, note))
            for place, word in places.items()
        }
        twice: set[str] = set()
        fields = self._fields(request, self.codec_of(name).body, note, twice) | captured
        if twice:
            note(TWO_VALUES)
        return Call(name=name, fields=fields, twice=frozenset(twice))

    def _fields(self, request: Request, wanted: str, note: Note, twice: set[str]) -> dict[str, Any]:
        """Return the fields of a request's query and body; ``wanted``: what its body should be."""
        query = request.query.encode(errors="surrogateescape")
        fields: dict[str, Any] = _read_pairs(query, _labels("", self.charset), note, twice)
        if not request.body:
            return fields
        label = request.header("content-type")
        kind = label.partition(";")[0].strip().lower()
        given = "json" if kind == JSON else "xml" if kind in _XML and wanted == "xml" else "form"
        if given != wanted:
            note(f"{_SHOWN[given]} instead of {_SHOWN[wanted]}")
        if given == "json":
            array = LIST if wanted == "json" else ""
            document = parse_json(request.body, array, label, mend=False)
            return _join(fields, document, twice)
        if given == "xml":
            return _join(fields, _read_xml(request.body, label), twice)
        if kind == MULTIPART:
            note("multipart instead of a form")
            return _join(fields, parse_multipart(request.body, label, self.charset, twice), twice)
        if kind not in (FORM, ""):
            raise Unreadable(f"it is neither {FORM} nor {JSON}")
        if not kind:
            note("a form without its Content-Type")
        labels = _labels(label, self.charset)
        try:
            encoding = decode(request.body, labels)[1]
        except Undecodable:
            encoding = ""
        if not encoding or encoding.startswith(WIDE):
            raise Unreadable("the form is not UTF-8")
        return _join(fields, _read_pairs(request.body, labels, note, twice), twice)

    def write(self, _request: Request, name: str, result: Mapping[str, Any] | str) -> Response:
        """Return an answer with status 200, in the format of a route."""
        if isinstance(result, str):
            return json_response(200, result)
        kind, body = write_words(self.codec_of(name).answer, result)
        return Response(status=200, headers={"Content-Type": kind}, body=body)

    def fault(self, _request: Request, code: str, string: str) -> Response:
        """Return an answer with status 400, or 500 for a server fault."""
        return json_response(500 if code == "Server" else 400, {"error": code, "message": string})

    def deny(self, _request: Request, reason: Reason) -> Response:
        """Return an answer with the status that fits a reason."""
        status = 401 if reason is Reason.AUTHENTICATION else 422
        return json_response(status, {"error": str(reason)})

    def refuse(self, _request: Request, why: Unreadable) -> Response:
        """Return the answer to an unreadable request."""
        return json_response(400, {"error": 400, "message": str(why)})


def _read_xml(body: bytes, label: str) -> dict[str, Any]:
    from smsbridge.codecs.soap.xml import REQUEST

    return dict(read_xml(body, REQUEST, label))


provider_codec.register(Rest, ProviderRest)
