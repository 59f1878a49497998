"""A backend from a URL: ``smsmobileapi+rest://KEY@api.smsmobileapi.com``."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from smsbridge.backends.base import Backend
from smsbridge.backends.registry import find, names
from smsbridge.backends.settings import MOST_SECONDS
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_loopback

_FILE = "smsbridge.toml"
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


def from_url(url: str) -> Backend:
    """Return the backend of a URL. No part of the URL is ever shown in an error."""
    parts = _split(url)
    if parts is None:
        raise _bad_url("can't be read")
    name, _, protocol = parts.scheme.partition("+")
    if parts.path not in ("", "/") or parts.fragment:
        raise _bad_url("has a path or a fragment")
    if name not in names():
        raise _bad_url(f"names no installed backend ({', '.join(sorted(names()))})")
    backend = find(name)
    if backend.by_block:
        why = f"{name} takes its tables from a block of {_FILE}"
        raise ConfigError(f"{why}, and a URL has no room for them")
    if not backend.protocols:
        if protocol or parts.netloc or parts.query:
            raise _bad_url(f"has more than {name}://, which is all that {name} takes")
        return backend()
    chosen = protocol or next(iter(backend.protocols))
    if chosen not in backend.protocols:
        raise _bad_url(f"has another protocol than {', '.join(backend.protocols)}")
    if not parts.hostname or parts.port == 0:
        raise _bad_url("has no host, or port 0")
    values = _options(parts.query)
    scheme = values.pop("tls", "https")
    if scheme == "http" and not is_loopback(parts.hostname):
        raise _bad_url("asks for another machine without TLS, which only a config file can allow")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    values["url"] = f"{scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return backend(**values, protocol=chosen, **_userinfo(parts.netloc, backend, chosen))


def _bad_url(why: str) -> ConfigError:
    return ConfigError(
        f"the URL {why}: write BACKEND+PROTOCOL://CREDENTIALS@HOST, such as "
        "smsmobileapi+rest://KEY@api.smsmobileapi.com; in credentials / is %2F, # is %23, "
        "? is %3F, @ is %40 and : is %3A"
    )


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL, or None; the standard library's own errors show the URL."""
    if not isinstance(url, str):
        return None
    with suppress(ValueError):
        parts = urlsplit(url.strip())
        _ = parts.port  # a bad one shows only when it is asked for
        return parts
    return None


def _userinfo(netloc: str, backend: type[Backend], protocol: str) -> dict[str, Any]:
    wanted = backend.protocols[protocol].auth.credentials
    userinfo, at, _ = netloc.rpartition("@")
    given = [_decoded(part) for part in userinfo.split(":")] if at else []
    if len(given) != len(wanted) or not all(given):
        needs = ":".join(key.upper() for key in wanted)
        raise _bad_url(f"must have the credentials {needs}@, each percent-encoded")
    return dict(zip(wanted, given, strict=True))


def _decoded(part: str) -> str | None:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None


def _options(query: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "tls" and value in ("on", "off"):
            values["tls"] = "https" if value == "on" else "http"
        elif key == "timeout" and _SECONDS.fullmatch(value) and 0 < float(value) <= MOST_SECONDS:
            values["timeout"] = float(value)
        else:
            raise _bad_url("may have the options timeout=SECONDS (to 3600) and tls=on or off only")
    return values
