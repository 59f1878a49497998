"""Tells who refused a request: by challenges of an answer (RFC 9110 §11.6.1), and HTML pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from smsbridge.text.pattern import pattern

if TYPE_CHECKING:
    from smsbridge.http.exchange import Response

_MOST_CHARACTERS = 8192
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  (RFC 9110 §5.6.2)
_NEVER = r"\x00-\x1f\x7f\ud800-\udfff"
_PIECE = pattern(
    rf"[ \t,]*+(?:(?P<scheme>{_TOKEN})(?:[ \t]++|(?=,|\Z)))?"
    rf"(?:(?P<name>{_TOKEN})[ \t]*=[ \t]*"
    rf'(?:(?P<token>{_TOKEN})|"(?P<quoted>(?:[^"\\{_NEVER}]|\\[^{_NEVER}])*)")'
    r"|(?P<token68>[0-9A-Za-z._~+/-]+=*))?[ \t]*(?:,|\Z)"
)
_LOOKED_AT = 1024  # bytes
_PAGES = ("text/html", "application/xhtml+xml")
_BOM = b"\xef\xbb\xbf"
_TAG = pattern(  # tags that may begin a page without <html>, which HTML allows
    rb"<(?:!--|(?:head|title|body|h[1-6]|center|p|div|pre|b|br|hr|font|table|meta|link|style|script)"
    rb"[\s/>])",
    re.IGNORECASE,
)
_SPOKEN = ("Basic", "Bearer", "Digest")
_KNOWN = (
    *_SPOKEN,
    "Negotiate",
    "NTLM",
    "Kerberos",
    "AWS4-HMAC-SHA256",
    "DPoP",
    "GNAP",
    "Hawk",
    "HOBA",
    "Mutual",
    "OAuth",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
)


def challenges(header: str) -> list[tuple[str, dict[str, str]]]:
    """Return the challenges of a header, each as scheme and parameters (RFC 9110 §11.6.1).

    A header that is malformed, very long, or says the same thing twice gives none.
    """
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(header) <= _MOST_CHARACTERS:
        piece = _PIECE.match(header, at)
        if piece is None:
            return []
        at = piece.end()
        if scheme := piece["scheme"]:
            found.append((scheme.lower(), {}))
        elif piece["token68"]:
            return []
        if name := (piece["name"] or "").lower():
            if not found or name in found[-1][1]:
                return []
            quoted = piece["quoted"]
            value = piece["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1][1][name] = value
    return found


def is_page(response: Response) -> bool:
    """Return whether an answer is a page (HTML), as proxies and web servers write it.

    The label alone does not make one: PHP labels JSON so.
    """
    if _has_root(response.body[:_LOOKED_AT]):
        return True
    labelled = response.header("content-type").partition(";")[0].strip().lower() in _PAGES
    body = response.body.removeprefix(_BOM).lstrip()
    other = body[:1] in (b"", b"{", b"[") or (body[:1] == b"<" and not _TAG.match(body))
    return labelled and not other


def begins_page(text: str) -> bool:
    """Return whether a text begins as a page (HTML), whatever its label."""
    begins = text[:_LOOKED_AT].encode(errors="replace").lstrip()
    return _has_root(begins) or _TAG.match(begins) is not None


def _has_root(begins: bytes) -> bool:
    small = begins.lower()
    return b"<html" in small or b"<!doctype html" in small


def is_foreign(response: Response, scheme: str) -> bool:
    """Return whether a refusal may come from somebody other than the provider.

    It may if it is a page without a challenge for our own ``scheme``. An nginx that answers for a
    provider that broke off, and a ModSecurity that hides a provider's answer, send such pages after
    the provider has taken the message.
    """
    said = challenges(response.header("www-authenticate"))
    return is_page(response) and scheme not in [offered for offered, _ in said]


def describe_schemes(response: Response) -> str:
    """Return what the challenges of an answer offer, as the end of a sentence; empty if none.

    Only well-known schemes are named: anything else could be any text.
    """
    asked = {scheme for scheme, _ in challenges(response.header("www-authenticate"))}
    offered = [name for name in _KNOWN if name.lower() in asked]
    offered += ["another scheme"] if asked - {name.lower() for name in _KNOWN} else []
    if not offered:
        return ""
    unspoken = "" if set(offered) & set(_SPOKEN) else ", which smsbridge does not speak"
    return f"it asks for {' or '.join(offered)}{unspoken}"
