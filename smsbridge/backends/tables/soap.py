"""Any SOAP service from its WSDL, by a block of config: no Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import backend
from smsbridge.backends.tables.block import Block
from smsbridge.backends.tables.block_backend import BlockBackend
from smsbridge.backends.tables.check_wsdl import check_tables
from smsbridge.backends.tables.table_reader import TableReader
from smsbridge.codecs.soap.codec import Soap, endpoint
from smsbridge.codecs.soap.inner import JSON_PART, XML_PART
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.http.exchange import Broken, Left

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session

_DONE = "tables checked"


@backend
class SoapBlock(BlockBackend):
    """A block with ``wsdl``, and a table for each operation, such as ``[backends.x.send]``."""

    name = "soap"
    kind = "soap"
    own_keys = ("port", JSON_PART, XML_PART)

    @classmethod
    def reader(cls, own: Mapping[str, Any]) -> TableReader:
        """Return a reader of tables whose calls are operations."""
        block = Block(own)
        parts = {key: block.path(key) for key in (JSON_PART, XML_PART) if key in own}
        if len(parts) > 1:
            block.fail(f"give it or {JSON_PART}, not both", XML_PART)
        return TableReader(Soap(port=own.get("port", ""), **parts), soap=True)

    def check(self) -> None:
        """Check the tables against the WSDL; if it is at an address, when it has been fetched."""
        if not self.wsdl:
            raise ConfigError("wsdl: give the path or the address of the WSDL", ("wsdl",))
        super().check()
        protocol = self.protocols[self.protocol]
        if is_url(self.wsdl):
            self.with_tls(self.wsdl, ("wsdl",))
        elif isinstance(protocol.codec, Soap):
            contract = protocol.codec.read_port(self.site())
            self.with_tls(endpoint(self.site(), contract), ("wsdl",))
            check_tables(
                contract, protocol, self.credentials(), protocol.codec.inner, self.statuses
            )

    def ready(self, session: Session) -> Exchange[None]:
        """Fetch a WSDL that is at an address, and check the tables by it; once in a session."""
        protocol = self.protocols[self.protocol]
        if not is_url(self.wsdl) or _DONE in session.kept or not isinstance(protocol.codec, Soap):
            return
        contract = yield from protocol.codec.fetch_port(self.site(), session)
        try:
            check_tables(
                contract, protocol, self.credentials(), protocol.codec.inner, self.statuses
            )
        except ConfigError as error:  # the WSDL was fetched, so I/O has happened
            raise Broken(Left.NOTHING, str(error), retry=False) from None
        session.kept[_DONE] = True
