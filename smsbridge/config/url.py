"""A backend from a URL: ``smsmobileapi+rest://KEY@api.smsmobileapi.com``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from smsbridge.backends.base import Backend
from smsbridge.backends.config_check import MOST_SECONDS
from smsbridge.backends.limits import Limit, Retry
from smsbridge.backends.registry import find, is_installed, plain_names
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_loopback
from smsbridge.http.transport import CURL
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import closest

_FILE = "smsbridge.toml"
_NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")
_ATTEMPTS = re.compile("[0-9]{1,3}")


def from_url(url: str) -> Backend:
    """Return the backend of a URL. No part of the URL is ever shown in an error."""
    parts = _split(url)
    if parts is None:
        raise _bad_url("can't be read")
    name, _, protocol = parts.scheme.partition("+")
    if parts.path not in ("", "/") or parts.fragment:
        raise _bad_url("has a path or a fragment")
    if not is_installed(name):
        known = ", ".join(sorted(plain_names()))
        raise _bad_url(f"names no installed backend ({known}, and those of the catalogue)")
    backend = find(name)
    if backend.by_block:
        why = f"{name} takes its tables from a block of {_FILE}"
        raise ConfigError(f"{why}, which a URL can't hold")
    if not backend.protocols:
        if protocol or parts.netloc or parts.query:
            raise _bad_url(f"has more than {name}://; {name} takes nothing else")
        return backend()
    chosen = protocol or next(iter(backend.protocols))
    if chosen not in backend.protocols:
        raise _bad_url(f"has a protocol other than {', '.join(backend.protocols)}")
    if not parts.hostname or parts.port == 0:
        raise _bad_url("has no host, or port 0")
    values = _options(parts.query)
    scheme = values.pop("tls", "https")
    in_clear = is_loopback(parts.hostname) or parts.hostname in values.get("cleartext_hosts", ())
    if scheme == "http" and not in_clear:
        raise ConfigError(
            "the URL leads to another machine without TLS: allow it with cleartext_hosts=HOST"
        )
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
        _ = parts.port  # a bad port raises only when it is read
        return parts
    return None


def _userinfo(netloc: str, backend: type[Backend], protocol: str) -> dict[str, Any]:
    wanted = backend.protocols[protocol].auth.credentials
    userinfo, at, _ = netloc.rpartition("@")
    given = [_decode(part) for part in userinfo.split(":")] if at else []
    if len(given) != len(wanted) or not all(given):
        needs = ":".join(key.upper() for key in wanted)
        raise _bad_url(f"must have the credentials {needs}@, each percent-encoded")
    return dict(zip(wanted, given, strict=True))


def _decode(part: str) -> str | None:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None


def _options(query: str) -> dict[str, Any]:
    """Return what the options say, by key of a config; a ``+`` in one stays a plus."""
    values: dict[str, Any] = {}
    for option in filter(None, query.split("&")):
        key, _, given = option.partition("=")
        value = _decode(given)
        if key not in _OPTIONS:
            raise _unknown_option(key)
        if key in values:
            raise ConfigError(f"the URL has the option {key} twice: give each once")
        with suppress(ValueError):  # a ConfigError is one too; either may show what was given
            values[key] = _OPTIONS[key](value) if value and value.isprintable() else None
        if values.get(key) is None:
            raise ConfigError(f"the URL has an invalid {key}: give {_MAY_BE[key]}")
    return values


def _unknown_option(key: str) -> ConfigError:
    *most, last = _MAY_BE.values()
    known = f"it may have {', '.join(most)} and {last}, each once"
    if near := closest(key, _OPTIONS, 0.75):
        return ConfigError(f"the URL has an unknown option: did you mean {near[0]}? {known}")
    return _bad_url(f"has an unknown option: {known}")  # or a credential has a plain ?


def _timeout(value: str) -> float | None:
    seconds = _number(value)
    return seconds if seconds and 0 < seconds <= MOST_SECONDS else None


def _number(value: str) -> float | None:
    return float(value) if _NUMBER.fullmatch(value) else None


def _retry(value: str) -> Retry | None:
    return Retry(attempts=int(value)) if _ATTEMPTS.fullmatch(value) else None


def _limit(value: str) -> Limit | None:
    per_second = _number(value)
    return None if per_second is None else Limit(per_second=per_second)


def _hosts(value: str) -> tuple[str, ...] | None:
    hosts = tuple(host.strip(" []").lower() for host in value.split(","))
    return hosts if all(hosts) else None


_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    "timeout": _timeout,
    "tls": {"on": "https", "off": "http"}.get,
    "retry": _retry,
    "limit": _limit,
    "ca": lambda value: str(Path.cwd() / value),
    "proxy": Secret,
    "cleartext_hosts": _hosts,
    "transport": {CURL: CURL}.get,
}
_MAY_BE = {
    "timeout": f"timeout=SECONDS (to {MOST_SECONDS})",
    "tls": "tls=on or off",
    "retry": "retry=ATTEMPTS (1 to 4)",
    "limit": "limit=CALLS_A_SECOND",
    "ca": "ca=FILE",
    "proxy": "proxy=URL",
    "cleartext_hosts": "cleartext_hosts=HOST,HOST",
    "transport": f"transport={CURL}",
}
