"""A request and its answer as they were on the wire, and what a request was understood to say.

Only credentials are hidden; a character that a terminal or a page would obey is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.mapping.filters import text
from smsbridge.mapping.path import flat, names_if_path
from smsbridge.mapping.reread import reread
from smsbridge.serving.rest import MULTIPART
from smsbridge.testing.mock.masked_request import (
    CredentialRule,
    masked_headers,
    masked_query,
    rule_for,
)
from smsbridge.text.transcript import transcribe

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.request_log import KeptRequest

MOST_SHOWN = 256 * 1024
"""How many characters of a body are shown."""

_OBEYED = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_ALONE = re.compile("\r(?!\n)")
_PART = re.compile(
    r"""(?P<head>content-disposition:[^\r\n]*?[ ;]name="?(?P<name>[^"\r\n;]*)[^\r\n]*\r?\n"""
    r"""(?:[^\r\n]+\r?\n)*\r?\n)(?P<value>.*?)(?=\r?\n--)""",
    re.IGNORECASE | re.DOTALL,
)


def wire_of(kept: KeptRequest, backend: Backend, secrets: Iterable[str]) -> dict[str, str]:
    """Return a request and its answer as texts; an answer is empty where none came.

    ``secrets``: those of the mock, and the tokens that it issued.
    """
    rule = rule_for(kept, backend, secrets, MOST_SHOWN)
    request, answer = kept.request, kept.answer
    parts = urlsplit(request.url)
    path = rule.mask(request.prefix + parts.path)
    query = f"?{masked_query(rule, parts.query)}" if parts.query else ""
    asked = _write(f"{request.method} {path}{query}", rule, request.headers, request.body)
    told = _write(f"{answer.status}", rule, answer.headers, answer.body) if answer else ""
    return {"wire": asked, "answer": told}


def _write(first: str, rule: CredentialRule, headers: Mapping[str, str], body: bytes) -> str:
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    shown_headers = masked_headers(rule, headers)
    lines = [first, *(f"{name}: {one}" for name, one in shown_headers if _was_sent(name, body))]
    shown = _of_multipart(body, rule) if kind.lower().startswith(MULTIPART) else None
    if shown is None:
        shown = transcribe(body, kind, rule, most=MOST_SHOWN) if body else ""
    return _escape("\n".join([*lines, "", shown]))


def _was_sent(name: str, body: bytes) -> bool:
    """Return whether a header came: the mock itself says of each request how long it is."""
    return bool(body) or name.lower() != "content-length"


def _of_multipart(body: bytes, rule: CredentialRule) -> str | None:
    """Return a form of several parts; None if it isn't text."""
    try:
        content = body.decode()
    except UnicodeDecodeError:
        return None
    return _PART.sub(
        lambda part: part["head"] + (rule.value(part["name"], part["value"]) or ""), content
    )


def _escape(shown: str) -> str:
    """Return a text in which nothing is obeyed; a line ends as it came, without its CR."""
    shown = _ALONE.sub(r"\\r", shown).replace("\r\n", "\n")
    return _OBEYED.sub(lambda one: one[0].encode("unicode_escape").decode(), shown)


def fields_of(kept: KeptRequest, backend: Backend, secrets: Iterable[str]) -> list[dict[str, Any]]:
    """Return each field of a call with its value, and what it was understood as, by our names.

    What `wire_of` hides is hidden here too.
    """
    if kept.call is None:
        return []
    rule = rule_for(kept, backend, secrets, MOST_SHOWN)
    meanings = {
        names_if_path(path): template for path, template in kept.call.table.places().items()
    }
    found = []
    for path, value in flat(kept.call.fields):
        word, template = text(value), meanings.get(names_if_path(path))
        read = reread(template, word) if template is not None and word else {}
        own = names_if_path(path).rpartition(".")[2]
        found.append(
            {
                "field": rule.name(path),
                "value": rule.value(own, word),
                "means": {name: rule.value(own, one) for name, one in read.items()},
            }
        )
    return found
