"""Writes and signs the request with which a provider delivers an event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from smsbridge.codecs.rest import FORM, JSON, write_form
from smsbridge.http.exchange import Request
from smsbridge.mapping.filters import text
from smsbridge.mapping.markup import NO_XML, to_xml
from smsbridge.mapping.path import LIST, TEXT, nest
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.signatures import SECRET, sign
from smsbridge.webhooks.table import REQUEST, Webhook

_XML = "text/xml; charset=utf-8"


def first_path(paths: Any) -> str:
    """Return the path at which a provider writes a word: the first."""
    first = paths if isinstance(paths, str) else next(iter(paths), "")
    return "" if " " in first else first


def write_request(table: Webhook, event: Event, values: Mapping[str, Any], url: str) -> Request:
    """Return a table's request for an event; ``values``: parts of its envelope."""
    own = {name: word for name, word in event.data.items() if name != REQUEST}
    whole, data = table.envelope.get("data", ""), dict(event.data.get(REQUEST, {}))
    for name, paths in table.envelope.items():
        if name in values and (path := first_path(paths)) and values[name] is not None:
            data.setdefault(path, values[name])
    if table.body == "form" or table.takes[0] == "GET":
        fields = write_form({**data, **own})
        if table.takes[0] == "GET":
            return Request(method="GET", url=f"{url}{'&' if '?' in url else '?'}{fields}")
        return Request(
            method=table.takes[0], url=url, headers={"Content-Type": FORM}, body=fields.encode()
        )
    place = first_path(whole)
    place = ".".join(filter(None, (place, f"{table.rows}[0]" if table.rows else "")))
    tree = nest({**data, place: own}) if place else _join(nest(data), own)
    if table.body == "xml":
        root = "".join(_element(name, said) for name, said in tree.items())
        return Request(
            method=table.takes[0], url=url, headers={"Content-Type": _XML}, body=root.encode()
        )
    body = json.dumps(tree.get(LIST, tree), separators=(",", ":")).encode()
    return Request(method=table.takes[0], url=url, headers={"Content-Type": JSON}, body=body)


def _join(outer: dict[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two trees; if both have a word, the inner one wins."""
    joined = dict(outer)
    for name, said in inner.items():
        known = joined.get(name)
        if isinstance(known, dict) and isinstance(said, Mapping):
            joined[name] = _join(known, said)
        else:
            joined[name] = said
    return joined


def _element(name: str, said: Any) -> str:
    if isinstance(said, list):
        return "".join(_element(name, one) for one in said)
    if not isinstance(said, Mapping):
        return f"<{name}>{_xml(said)}</{name}>" if said is not None else f"<{name}/>"
    attributes = "".join(
        f' {key[1:]}="{_xml(one)}"' for key, one in said.items() if key.startswith("@")
    )
    inside = _xml(said.get(TEXT, "")) + "".join(
        _element(key, one) for key, one in said.items() if key != TEXT and not key.startswith("@")
    )
    return f"<{name}{attributes}>{inside}</{name}>"


def _xml(said: Any) -> str:
    """Return a word for XML, without characters that XML can't hold."""
    return to_xml(NO_XML.sub("", text(said) or ""))


def add_signatures(
    table: Webhook,
    request: Request,
    secrets: Sequence[Secret],
    credentials: Mapping[str, str],
    now: datetime,
) -> Request:
    """Return a request with its signatures, as far as their inputs are known."""
    by = table.signed
    if by is None:
        return request
    headers = dict(request.headers)
    if by.timestamp:
        headers[by.timestamp] = str(int(now.timestamp()))
    if by.nonce:
        headers[by.nonce] = str(int(now.timestamp() * 1000))
    whole = replace(request, headers=headers)
    if SECRET in by.names:
        given = [{**credentials, SECRET: one.reveal()} for one in secrets]
    else:
        given = [dict(credentials)] if by.names <= credentials.keys() else []
    signatures = [sign(by, whole, values) for values in given]
    if by.shares_header and signatures:
        headers[by.header] = " ".join(signatures)
    else:
        headers |= zip(filter(None, (by.header, by.rotating)), signatures, strict=False)
    return whole
