"""The files that a page brings with it: its style, its script, and those of others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from smsbridge.http.exchange import Response

_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"

STATIC: Mapping[str, str] = {
    "htmx.min.js": _SCRIPT,
    "sse.js": _SCRIPT,
    "page.js": _SCRIPT,
    "style.css": _STYLE,
    "icon.svg": "image/svg+xml",
}
"""The media type of each file, by name."""

VENDORED: Mapping[str, tuple[str, str]] = {
    "htmx.min.js": (
        "htmx.org 2.0.11",
        "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
    ),
    "sse.js": (
        "htmx-ext-sse 2.2.4",
        "3b5992a541619babefc4c169505af474df5c3039da51e59b96ccf9241ecd61d2",
    ),
}
"""The package of npm, with its version, and the SHA-256 of each file that others wrote."""

_LENGTH = 12


@cache
def content(name: str) -> bytes:
    """Return what is in a file."""
    return (files("smsbridge.page") / "static" / name).read_bytes()


@cache
def version(name: str) -> str:
    """Return what changes with a file: a part of its hash."""
    return hashlib.sha256(content(name)).hexdigest()[:_LENGTH]


def answer_file(name: str) -> Response | None:
    """Return a file; None if there is none of that name. Its address changes with it."""
    kind = STATIC.get(name)
    if kind is None:
        return None
    headers = {
        "Content-Type": kind,
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status=200, headers=headers, body=content(name))
