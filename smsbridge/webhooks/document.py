"""A request of the provider as nested words: its query, with a form, JSON or XML over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from smsbridge.errors import WebhookUnreadable
from smsbridge.mapping.path import LIST, TEXT
from smsbridge.text.encodings import ENCODINGS, Undecodable, charset_of, decode
from smsbridge.text.json_document import BadJSON, is_shallow, read_json
from smsbridge.webhooks.table import Webhook

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.http.exchange import Request

_MOST_DEEP = 32
_MOST_FIELDS = 1000
_UNREADABLE = 400
_ASCII = "".join(map(chr, range(128)))


def document_of(table: Webhook, request: Request) -> dict[str, Any]:
    """Return the words of a request, as a table reads its body; raises `WebhookUnreadable`.

    The query is read too; where it and the body have the same name, the body counts. An array of
    JSON is at ``#list``.
    """
    labels = [charset_of(request.header("content-type")), table.charset]
    known = [label for label in labels if label in ENCODINGS]
    words: dict[str, Any] = _pairs(request.query, known)
    if request.method != "GET":
        words |= _READERS[table.body](request, known)
    return words


def _form(request: Request, labels: Sequence[str]) -> dict[str, Any]:
    try:
        return _pairs(decode(request.body, labels)[0], labels)
    except Undecodable:
        raise refusal("it is not a form in UTF-8, or in a charset that it names") from None


def _pairs(text: str, labels: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a form or a query; what is escaped is in the charset too."""
    try:
        plain = text if text.isascii() else quote(text, safe=_ASCII, errors="replace")
        pairs = parse_qsl(
            plain, keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="latin-1"
        )
        return {_decode(name, labels): _decode(word, labels) for name, word in pairs}
    except Undecodable:
        raise refusal("it is not a form in UTF-8, or in a charset that it names") from None
    except ValueError:
        raise refusal(f"it has more than {_MOST_FIELDS} fields") from None


def _decode(word: str, labels: Sequence[str]) -> str:
    return word if word.isascii() else decode(word.encode("latin-1"), labels)[0]


def _json(request: Request, _labels: Sequence[str]) -> dict[str, Any]:
    document = None
    try:
        document = read_json(request.body, request.header("content-type"))
    except BadJSON:
        document = None
    if isinstance(document, list):
        document = {LIST: document}
    if not isinstance(document, dict):
        raise refusal("it is not a JSON object with each key once, in a charset that it names")
    if not is_shallow(document, _MOST_DEEP):
        raise refusal(f"it is nested more than {_MOST_DEEP} deep")
    return document


def _xml(request: Request, _labels: Sequence[str]) -> dict[str, Any]:
    from smsbridge.codecs.soap.xml import REQUEST, BadXML, parse_xml

    try:
        root = parse_xml(request.body, REQUEST, request.header("content-type"))
    except BadXML as error:
        raise refusal(str(error)) from None
    return {_name(root.tag): _words(root)}


def _words(element: Element) -> Any:
    """Return an element as text, or as its attributes and parts by local name."""
    words: dict[str, Any] = {f"@{_name(key)}": said for key, said in element.attrib.items()}
    for part in element:
        name, said = _name(part.tag), _words(part)
        if name in words:
            known = words[name]
            words[name] = [*known, said] if isinstance(known, list) else [known, said]
        else:
            words[name] = said
    text = element.text or ""
    return {**words, TEXT: text} if words and text.strip() else words or text


def _name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


_READERS: Mapping[str, Any] = {"form": _form, "json": _json, "xml": _xml}


def refusal(why: str) -> WebhookUnreadable:
    """Return the error for a request that can't be read."""
    return WebhookUnreadable(f"the body can't be read: {why}", _UNREADABLE)
