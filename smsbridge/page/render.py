"""The templates of a page, and the answer that one of them makes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Response
from smsbridge.page.shown_text import codes, named_character, shown_text
from smsbridge.page.static_files import version

try:
    from jinja2 import Environment, PackageLoader, StrictUndefined
except ImportError as missing:
    raise MissingExtra("page", "the page") from missing

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("smsbridge.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = shown_text
    made.filters["codes"] = codes
    made.filters["named"] = named_character
    made.globals["version"] = version
    return made


def render_page(template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """Return the answer that a template makes of values, all of which it escapes."""
    text = _environment().get_template(template).render(values)
    return Response(status=status, headers=_HEADERS, body=text.encode(errors="replace"))
