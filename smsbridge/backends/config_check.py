"""Whether the config of a backend can be used, and what its values are read as."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from smsbridge.backends.config_fields import keys_of_type
from smsbridge.backends.limits import Limit, Retry
from smsbridge.codecs.rest import Rest
from smsbridge.errors import ConfigError
from smsbridge.http.address import ANSWER_KEY, ELEMENT_KEY, check_address, is_url
from smsbridge.http.proxy import Proxy
from smsbridge.http.transport import CURL
from smsbridge.mapping.times import zone_of
from smsbridge.text.masking import public_name
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

MOST_SECONDS = 3600
_LIMITS = {
    ANSWER_KEY: ("bytes", 1024, 64 * 1024 * 1024),
    ELEMENT_KEY: ("a number of elements", 100, 1_000_000),
}
"""The limits of an answer, with the smallest and the largest allowed value."""
_REGION = re.compile("[A-Z]{2}")


def check_config(backend: Backend) -> None:
    """Refuse a config that can't be used; raises `ConfigError`.

    Text becomes a `Secret` if the key is secret, and a table becomes a `Retry` or a `Limit`; a
    ``protocol`` that was left out becomes the first whose credentials are there.
    """
    _read_secrets(backend)
    if backend.client_cert_password and not backend.client_cert:
        key = "client_cert_password"
        raise ConfigError(f"{key}: there is no client_cert that it could open", (key,))
    if backend.default_region and not _REGION.fullmatch(str(backend.default_region)):
        why = "default_region: give two capital letters of ISO 3166-1, such as GB"
        raise ConfigError(why, ("default_region",))
    zone_of(backend.time_zone)
    if backend.callback:
        check_address("callback", backend.callback)
    for name, kind in (("retry", Retry), ("limit", Limit)):
        given = getattr(backend, name)
        if given is not None and not isinstance(given, kind):
            _replace(backend, name, kind.of(name, given))
    if backend.protocols:
        _check_protocol(backend)
    number = isinstance(backend.timeout, int | float) and not isinstance(backend.timeout, bool)
    if not number or not 0 < backend.timeout <= MOST_SECONDS:
        raise ConfigError("timeout: give seconds, above 0 and up to 3600", ("timeout",))
    _replace(backend, "timeout", float(backend.timeout))
    if backend.transport not in ("", CURL):
        why = f"transport: give {CURL}, or leave it out for the default"
        raise ConfigError(why, ("transport",))
    _check_limits(backend)


def _replace(backend: Backend, key: str, value: Any) -> None:
    object.__setattr__(backend, key, value)  # it is frozen, and being made


def _read_secrets(backend: Backend) -> None:
    for key in keys_of_type(backend, Secret):
        value = getattr(backend, key)
        if isinstance(value, str) and value:
            try:
                _replace(backend, key, Secret(value))
            except ConfigError:
                raise ConfigError(f"{key}: not valid text", (key,)) from None
        elif value and not isinstance(value, Secret):
            raise ConfigError(f"{key}: give text, or a Secret", (key,))


def _check_limits(backend: Backend) -> None:
    for key, (unit, least, most) in _LIMITS.items():
        given = getattr(backend, key)
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise ConfigError(f"{key}: give {unit}, from {least} to {most}", (key,))


def _check_protocol(backend: Backend) -> None:
    protocols = backend.protocols
    if not backend.protocol:
        usable = (name for name in protocols if not _missing_credentials(backend, name))
        _replace(backend, "protocol", next(usable, next(iter(protocols))))
    if backend.protocol not in protocols:
        offered = ", ".join(protocols)
        why = f"protocol {public_name(str(backend.protocol))!r}: {backend.name} offers {offered}"
        raise ConfigError(why, ("protocol",))
    if missing := _missing_credentials(backend, backend.protocol):
        raise ConfigError(f"{backend.name} over {backend.protocol} needs {' and '.join(missing)}")
    rest = isinstance(protocols[backend.protocol].codec, Rest)
    if "#" in backend.url or (rest and "?" in backend.url):
        raise ConfigError("url: it has a query or a fragment, which belong in a route", ("url",))
    if backend.url or type(backend).url:
        backend.site().check(backend.url)
    if is_url(backend.wsdl):
        check_address("wsdl", backend.wsdl)
    if backend.proxy:
        Proxy.at("proxy", backend.proxy.reveal())


def _missing_credentials(backend: Backend, protocol: str) -> list[str]:
    wanted = backend.protocols[protocol].auth.credentials
    return [key for key in wanted if not getattr(backend, key, None)]
