"""A form of a page as the JSON object that a control URL takes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.rest import FORM, JSON, parse_form

if TYPE_CHECKING:
    from collections.abc import Collection

    from smsbridge.http.exchange import Request

_NUMBERS = ("times", "seconds", "advance", "ms")
_NOTHING = ("name", "play", "url")
"""What is null where nothing was filled in: no fault, the default scenario, no webhook."""

_FLAGS = ("unsigned",)
_WHOLE, _PART = re.compile("-?[0-9]{1,15}"), re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_PAGE = "text/html"


def is_form(request: Request) -> bool:
    """Return whether a request is a form that a browser sends.

    Java's own client says of its JSON that it is a form, and that it takes a page in return; but
    only browsers say the origin.
    """
    kind = request.header("content-type").partition(";")[0].strip().lower()
    wants_page = _PAGE in request.header("accept").lower()
    is_of_a_page = wants_page and bool(request.header("origin"))
    return request.method == "POST" and kind == FORM and is_of_a_page


def read_form(request: Request, keys: Collection[str]) -> Request:
    """Return the request that a form stands for; it keeps what the control URL doesn't take."""
    given = parse_form(request.body.decode(errors="replace"))
    document = {name: _value(name, word) for name, word in given.items()}
    kept = {name: one for name, one in document.items() if one is not None or name in _NOTHING}
    body = json.dumps(kept).encode() if keys else b""
    return replace(request, headers={**request.headers, "Content-Type": JSON}, body=body)


def _value(name: str, word: str) -> Any:
    """Return what a field says; None where it is empty, except for a text."""
    if name in _FLAGS:
        return True if word else None
    if name in _NUMBERS:
        word = word.strip()
        if _WHOLE.fullmatch(word):
            return int(word)
        return float(word) if _PART.fullmatch(word) else word or None
    if name in _NOTHING:
        return word.replace("\r\n", "\n") or None
    return word.replace("\r\n", "\n") or None
