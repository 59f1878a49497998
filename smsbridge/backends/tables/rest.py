"""Any REST service by a block of config: no Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smsbridge.backends.tables.base import BlockBackend
from smsbridge.backends.tables.reader import Reader
from smsbridge.codecs.rest import Rest
from smsbridge.errors import ConfigError


class RestBlock(BlockBackend):
    """A block with ``url``, and of what each route says and means: ``[backends.x.send]``."""

    name = "rest"
    kind = "rest"
    own_keys = ("body",)

    @classmethod
    def reader(cls, own: Mapping[str, Any]) -> Reader:
        """Return a reader of tables whose calls are routes."""
        body = own.get("body", "json")
        if body not in ("json", "form"):
            raise ConfigError(f"body: {body!r} is neither json nor form", ("body",))
        return Reader(Rest(body=body), soap=False)

    def check(self) -> None:
        """Refuse a block without an address."""
        if not self.url:
            raise ConfigError("url: give the address of the service", ("url",))
        super().check()
