"""What stands in every backend's config, whether it can be used, and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar

from smsbridge.backends.config_fields import Keys, is_secret
from smsbridge.backends.limits import Limit, Retry
from smsbridge.codecs.rest import Rest
from smsbridge.errors import ConfigError
from smsbridge.http.address import (
    ANSWER_KEY,
    ANSWER_LIMIT,
    ELEMENT_KEY,
    ELEMENT_LIMIT,
    Site,
    check_address,
)
from smsbridge.http.proxy import Proxy
from smsbridge.mapping.operation import Protocol
from smsbridge.mapping.times import zone_of
from smsbridge.text.masking import public_name
from smsbridge.text.phone import e164
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.mapping.auth import Credentials

MOST_SECONDS = 3600
_LIMITS = {
    ANSWER_KEY: ("bytes", 1024, 64 * 1024 * 1024),
    ELEMENT_KEY: ("a number of elements", 100, 1_000_000),
}
"""What an answer may have, with the least and the most that can be said."""
_REGION = re.compile("[A-Z]{2}")


class Settings(Keys):
    """The config keys of every backend, see `smsbridge.backends.base.Backend`."""

    name: ClassVar[str]
    protocols: ClassVar[Mapping[str, Protocol]] = {}

    url: str = ""
    protocol: str = ""
    timeout: float = 30.0
    ca: str = ""
    client_cert: str = ""
    client_cert_password: Secret | None = None
    proxy: Secret | None = None
    cleartext_hosts: tuple[str, ...] = ()
    wsdl: str = ""
    wsdl_sha256: str = ""
    default_region: str = ""
    time_zone: str = ""
    retry: Retry | None = None
    limit: Limit | None = None
    answer_limit: int = ANSWER_LIMIT
    element_limit: int = ELEMENT_LIMIT

    def __init_subclass__(cls) -> None:
        """Refuse a table without a name."""
        if cls.__dict__.get("protocols") and not hasattr(cls, "name"):
            raise TypeError(f"{cls.__name__} has protocols, but no name")
        super().__init_subclass__()

    def __post_init__(self) -> None:
        """Refuse a config that can't be used."""
        for key in (key for key in fields(self) if is_secret(key)):
            value = getattr(self, key.name)
            if isinstance(value, str) and value:
                try:
                    object.__setattr__(self, key.name, Secret(value))
                except ConfigError:
                    raise ConfigError(f"{key.name}: is not valid text", (key.name,)) from None
            elif value and not isinstance(value, Secret):
                raise ConfigError(f"{key.name}: give text, or a Secret", (key.name,))
        self._check_client_cert()
        if self.default_region and not _REGION.fullmatch(str(self.default_region)):
            why = "default_region: give two capital letters of ISO 3166-1, such as GB"
            raise ConfigError(why, ("default_region",))
        zone_of(self.time_zone)
        for name, kind in (("retry", Retry), ("limit", Limit)):
            given = getattr(self, name)
            if given is not None and not isinstance(given, kind):
                object.__setattr__(self, name, kind.of(name, given))
        if self.protocols:
            self._check_protocol()
        number = isinstance(self.timeout, int | float) and not isinstance(self.timeout, bool)
        if not number or not 0 < self.timeout <= MOST_SECONDS:
            raise ConfigError("timeout: give seconds, above 0 and up to 3600", ("timeout",))
        object.__setattr__(self, "timeout", float(self.timeout))
        self._check_limits()

    def _check_limits(self) -> None:
        for key, (unit, least, most) in _LIMITS.items():
            given = getattr(self, key)
            if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
                raise ConfigError(f"{key}: give {unit}, from {least} to {most}", (key,))

    def _check_client_cert(self) -> None:
        if self.client_cert_password and not self.client_cert:
            key = "client_cert_password"
            raise ConfigError(f"{key}: there is no client_cert for it to open", (key,))

    def _check_protocol(self) -> None:
        if not self.protocol:
            usable = (name for name in self.protocols if not self._missing(name))
            object.__setattr__(self, "protocol", next(usable, next(iter(self.protocols))))
        if self.protocol not in self.protocols:
            offered = ", ".join(self.protocols)
            why = f"protocol {public_name(str(self.protocol))!r}: {self.name} offers {offered}"
            raise ConfigError(why, ("protocol",))
        if missing := self._missing(self.protocol):
            raise ConfigError(f"{self.name} over {self.protocol} needs {' and '.join(missing)}")
        rest = isinstance(self.protocols[self.protocol].codec, Rest)
        if "#" in self.url or (rest and "?" in self.url):
            raise ConfigError(
                "url: it has a query or a fragment, which belong into a route", ("url",)
            )
        if self.url or type(self).url:
            self.site().checked(self.url)
        if "://" in self.wsdl:
            check_address("wsdl", self.wsdl)
        if self.proxy:
            Proxy.at("proxy", self.proxy.reveal())

    def _missing(self, protocol: str) -> list[str]:
        wanted = self.protocols[protocol].auth.credentials
        return [key for key in wanted if not getattr(self, key, None)]

    def number(self, given: str) -> str:
        """Return a number as E.164: as it is, or as dialled in the ``default_region``."""
        return e164(given, self.default_region) if self.default_region else given

    def zone(self) -> tzinfo | None:
        """Return the zone of times that the provider writes, and takes, without one."""
        return zone_of(self.time_zone)

    def site(self) -> Site:
        """Return where this backend is."""
        return Site(
            url=self.url,
            host=self.url if self.url != type(self).url else "",
            whole=not type(self).url,
            wsdl=self.wsdl,
            wsdl_sha256=self.wsdl_sha256,
            cleartext_hosts=self.cleartext_hosts,
            answer_limit=self.answer_limit,
            element_limit=self.element_limit,
        )

    def credentials(self) -> Credentials:
        """Return every secret and credential of the config in plain, by key."""
        keys = dict.fromkeys(key for p in self.protocols.values() for key in p.auth.credentials)
        given = {key: getattr(self, key, None) for key in keys}
        return {
            key: value.reveal() if isinstance(value, Secret) else str(value)
            for key, value in given.items()
            if value
        }

    def secrets(self) -> list[str]:
        """Return the values that nobody may see."""
        given = (getattr(self, key.name) for key in fields(self))
        return [value.reveal() for value in given if isinstance(value, Secret)]
