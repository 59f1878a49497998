"""Detects requests from web pages of another origin, which browsers let any page send."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from smsbridge.http.address import is_loopback
from smsbridge.http.exchange import Request

_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def find_foreign(request: Request, hosts: Collection[str], other_host: str) -> str:
    """Return why a request may come from a page of another origin; empty if it doesn't.

    A page can make its own host name resolve to this machine (DNS rebinding); that name is
    then the Host. ``hosts``: our own, besides loopback names; ``other_host``: the reason given for
    any other. Browsers always send these headers, so a request without them is accepted.
    """
    host = request.header("host").lower()
    if host and not _is_own(host, hosts):
        return other_host
    origin = request.header("origin").lower()
    site = request.header("sec-fetch-site").lower()
    if (origin and origin.partition("://")[2] != host) or site not in ("", "same-origin", "none"):
        return "it comes from a web page of another origin: ask from a test, or from a shell"
    return ""


def _is_own(host: str, hosts: Collection[str]) -> bool:
    found = _HOST.fullmatch(host)
    name = found[1].strip("[]") if found else ""
    if is_loopback(name) or name in hosts:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return any(one in hosts for one in ("0.0.0.0", "::"))  # noqa: S104  (it listens on all addresses)
