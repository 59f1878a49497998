"""Any REST service from a block of config, without Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smsbridge.backends.base import backend
from smsbridge.backends.tables.block import Block
from smsbridge.backends.tables.block_backend import BlockBackend
from smsbridge.backends.tables.table_reader import TableReader, read_codec
from smsbridge.codecs.rest import Rest
from smsbridge.errors import ConfigError


@backend
class RestBlock(BlockBackend):
    """A block with ``url``, and a table for each route, such as ``[backends.x.send]``."""

    name = "rest"
    kind = "rest"
    own_keys = ("body", "answer")

    @classmethod
    def reader(cls, own: Mapping[str, Any]) -> TableReader:
        """Return a reader of tables whose calls are routes."""
        return TableReader(read_codec(Block(own), Rest(body="json")), soap=False)

    def check(self) -> None:
        """Refuse a block without an address."""
        if not self.url:
            raise ConfigError("url: give the address of the service", ("url",))
        super().check()
